/** Sums of a model's history, each row weighted by one over its calls: `xx[i][j]` = Σ xᵢxⱼ, `xy[i]` = Σ xᵢy. */
export interface Sums {
  xx: number[][];
  xy: number[];
}

/** Tokens for each latin, CJK and other character, and for each message. */
export type Weights = [latin: number, cjk: number, other: number, message: number];

/** What is true of most tokenizers; a model without history is estimated by this alone. */
export const USUAL: Weights = [0.25, 0.7, 0.5, 8];

/** How much history it takes to leave the usual: about twenty calls of this many characters, or messages. */
const BELIEF = 20;
const SCALE: Weights = [500, 200, 200, 3];
const LEAST: Weights = [0.05, 0.1, 0.1, 0];
const MOST: Weights = [1.5, 3, 4, 200];

/** Which weights explain the tokens that a model reported, by least squares with a pull towards the usual (ridge regression). */
export function fitWeights({ xx, xy }: Sums): Weights {
  const pull = SCALE.map((scale) => BELIEF * scale * scale);
  const matrix = xx.map((row, i) => row.map((value, j) => value + (i === j ? pull[i]! : 0)));
  const right = xy.map((value, i) => value + pull[i]! * USUAL[i]!);
  return solve(matrix, right).map((weight, i) => Math.min(MOST[i]!, Math.max(LEAST[i]!, weight))) as Weights;
}

/** Gaussian elimination; the pull on the diagonal keeps the matrix positive definite, so no pivoting is needed. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (const [i, pivot] of rows.entries()) {
    for (const row of rows.slice(i + 1)) {
      const factor = row[i]! / pivot[i]!;
      for (let j = i; j < pivot.length; j += 1) row[j]! -= factor * pivot[j]!;
    }
  }
  const solution: number[] = [];
  for (const [i, row] of [...rows.entries()].reverse()) {
    const known = rows.slice(i + 1).reduce((sum, _, k) => sum + row[i + 1 + k]! * solution[i + 1 + k]!, 0);
    solution[i] = (row.at(-1)! - known) / row[i]!;
  }
  return solution;
}
