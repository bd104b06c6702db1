/** A training as it goes. */
import type { TrainProgress } from '../../train/setup.js';
import type { Terminal } from '../terminal.js';

/** A progress callback that shows steps as a bar, and each epoch as a line. */
export function showTraining(ui: Terminal): (progress: TrainProgress) => void {
  const progress = ui.progress('training');
  return ({ step, totalSteps, epoch, loss, finished }) => {
    progress.update(step, totalSteps, `epoch ${epoch}, loss ${loss.toFixed(3)}`);
    if (!finished) return;
    progress.end();
    const { trainLoss, testLoss, testAccuracy } = finished;
    const test =
      testLoss === undefined || testAccuracy === undefined
        ? ''
        : `, test loss ${testLoss.toFixed(4)}, test accuracy ${(100 * testAccuracy).toFixed(2)} %`;
    ui.notice(`epoch ${finished.epoch}: step ${finished.step}, training loss ${trainLoss.toFixed(4)}${test}`);
  };
}
