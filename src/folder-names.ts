/** Folder names from names of nodes, which may hold anything. */

/** Names that Windows keeps for devices. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * A folder name for each name, in order: letters, digits, dots, dashes and underscores of it, at most 80 characters, none
 * the same as another (also where upper and lower case are the same), none that leads out of the parent folder.
 */
export function folderNames(names: readonly string[]): string[] {
  const used = new Set<string>();
  return names.map((name, i) => {
    const safe = name
      .replace(/[^\w.-]+/g, '_')
      .replace(/^[._]+|[._]+$/g, '')
      .slice(0, 80);
    const base = safe === '' ? `layer-${i}` : reserved.test(safe) ? `layer-${safe}` : safe;
    let folder = base;
    for (let n = 2; used.has(folder.toLowerCase()); n++) folder = `${base}-${n}`;
    used.add(folder.toLowerCase());
    return folder;
  });
}
