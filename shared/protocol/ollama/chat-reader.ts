import { saidInChat } from './answer-line.ts';
import { AnswerReader } from './answer-reader.ts';

/** Reads the NDJSON of `/api/chat`. */
export class ChatReader extends AnswerReader {
  constructor(callId: string) {
    super(callId, saidInChat);
  }
}
