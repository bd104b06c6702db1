/** One step of each recurrent operator, as the ONNX standard defines it. To add one: an entry in CELLS. */
import type { Attributes } from '../builder.js';
import { table } from '../../table.js';

/** Emits a node with one output, and returns the output's name. */
export type Emit = (op: string, inputs: readonly string[], hint: string, attributes?: Attributes) => string;

/** What a step has at hand. */
export interface Gates {
  readonly emit: Emit;
  /** The number 1. */
  readonly one: () => string;
  /** Cuts a value into `count` gates. */
  readonly split: (value: string, count: number) => string[];
  /**
   * State times the weight of gates `from` to `to`, plus their bias.
   * @param kind names the part of the weight, `''` for all of it
   */
  readonly recurrent: (h: string, from: number, to: number, kind: string) => string;
  /** The weight with which the memory looks at a gate, where the layer has one. */
  readonly peephole: (index: number) => string | undefined;
  /** Applies an activation by its place in `Cell.activations`. */
  readonly activation: (index: number, value: string) => string;
  /** Whether an LSTM forgets as much as it takes in. */
  readonly coupled: boolean;
  /** Whether a GRU applies the weight before the reset gate. */
  readonly beforeReset: boolean;
  /** Limits a value that goes into an activation. */
  readonly clip: (value: string) => string;
}

/** A recurrent operator. */
export interface Cell {
  /** Gates, in the order in which the weights have them. */
  readonly gates: number;
  /** Activations where the node names none. */
  readonly activations: readonly string[];
  /** Whether there is a memory beside the state. */
  readonly hasMemory: boolean;
  /**
   * Emits a step.
   * @param x the step's input times its weight, plus bias
   * @param h the state before
   * @param c the memory before, `''` where there is none
   */
  step(gates: Gates, x: string, h: string, c: string): { readonly h: string; readonly c: string };
}

/** The recurrent operators of the standard. */
export const CELLS = table<Cell>({
  RNN: {
    gates: 1,
    activations: ['Tanh'],
    hasMemory: false,
    step: ({ emit, recurrent, activation, clip }, x, h) => {
      const sum = emit('Add', [x, recurrent(h, 0, 1, '')], 'sum');
      return { h: activation(0, clip(sum)), c: '' };
    },
  },

  // Gates: input, output, forget, cell.
  LSTM: {
    gates: 4,
    activations: ['Sigmoid', 'Tanh', 'Tanh'],
    hasMemory: true,
    step: (gates, x, h, c) => {
      const { emit, split, recurrent, peephole, activation, clip, coupled, one } = gates;
      const [xi, xo, xf, xc] = split(emit('Add', [x, recurrent(h, 0, 4, '')], 'sum'), 4) as [
        string,
        string,
        string,
        string,
      ];
      // The peepholes' order is input, output, forget.
      const look = (value: string, memory: string, index: number) => {
        const weight = peephole(index);
        return weight ? emit('Add', [value, emit('Mul', [weight, memory], 'peep')], 'looked') : value;
      };
      const i = activation(0, clip(look(xi, c, 0)));
      const f = coupled ? emit('Sub', [one(), i], 'forget') : activation(0, clip(look(xf, c, 2)));
      const candidate = activation(1, clip(xc));
      const memory = emit('Add', [emit('Mul', [f, c], 'kept'), emit('Mul', [i, candidate], 'new')], 'memory');
      const o = activation(0, clip(look(xo, memory, 1)));
      return { h: emit('Mul', [o, activation(2, memory)], 'h'), c: memory };
    },
  },

  // Gates: update, reset, hidden.
  GRU: {
    gates: 3,
    activations: ['Sigmoid', 'Tanh'],
    hasMemory: false,
    step: (gates, x, h) => {
      const { emit, split, recurrent, activation, clip, beforeReset, one } = gates;
      const [xz, xr, xh] = split(x, 3) as [string, string, string];
      const [hz, hr, hh] = beforeReset ? split(recurrent(h, 0, 3, ''), 3) : split(recurrent(h, 0, 2, '.zr'), 2);
      const z = activation(0, clip(emit('Add', [xz, hz!], 'update')));
      const r = activation(0, clip(emit('Add', [xr, hr!], 'reset')));
      const past =
        hh === undefined
          ? recurrent(emit('Mul', [r, h], 'reset_state'), 2, 3, '.h')
          : emit('Mul', [r, hh], 'reset_state');
      const candidate = activation(1, clip(emit('Add', [xh, past], 'hidden')));
      const fresh = emit('Mul', [emit('Sub', [one(), z], 'rest'), candidate], 'new');
      return { h: emit('Add', [fresh, emit('Mul', [z, h], 'kept')], 'h'), c: '' };
    },
  },
});
