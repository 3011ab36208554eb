import { setImmediate as turnOfTheLoop } from 'node:timers/promises';

interface Waiting<Question, Answer> {
  question: Question;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/**
 * Asks many questions in one round trip, without waiting for company.
 *
 * At most one batch is on its way. A question that comes alone leaves with the next turn of the event loop, together with
 * what else has arrived by then; those that come meanwhile leave together when it is back. So a quiet process pays one
 * round trip a question, and a busy one a few microseconds: a statement costs ten times what one more row in it costs.
 */
export class NaturalBatch<Question, Answer> {
  readonly #ask: (questions: Question[]) => Promise<Answer[]>;
  readonly #maxSize: number;
  #waiting: Waiting<Question, Answer>[] = [];
  #underWay = false;

  /** @param ask answers in the order of the questions */
  constructor(ask: (questions: Question[]) => Promise<Answer[]>, maxSize: number) {
    this.#ask = ask;
    this.#maxSize = maxSize;
  }

  /** @throws what `ask` throws, for each question of that batch. */
  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      if (!this.#underWay) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#underWay = true;
    while (this.#waiting.length > 0) {
      // Those who ask in one turn travel together, and not the first of them ahead of all others.
      await turnOfTheLoop();
      const batch = this.#waiting.splice(0, this.#maxSize);
      try {
        const answers = await this.#ask(batch.map(({ question }) => question));
        for (const [index, { resolve }] of batch.entries()) resolve(answers[index]!);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#underWay = false;
  }
}
