/** Where a picture is dropped or chosen. */
import { useState } from 'preact/hooks';

/** Takes one picture after the other. @param refuse is told of what is no file */
export function PictureDrop({ onFile, refuse }: { onFile: (file: File) => void; refuse: (error: Error) => void }) {
  const [isOver, setOver] = useState(false);
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file) onFile(file);
    else refuse(new Error('that was no file; drop a picture'));
  };
  return (
    <label
      class={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <span>A picture (PNG, JPEG, GIF or WebP)</span>
      <input
        type="file"
        accept="image/png,image/jpeg,image/gif,image/webp"
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
    </label>
  );
}
