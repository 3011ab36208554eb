import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { atEnd } from './at-end.ts';

/**
 * A client of PostgreSQL that speaks its protocol by hand, so that it can stop where no driver does: what a process is
 * that was frozen in the middle of a write.
 */
export async function aRawClient(url: string): Promise<RawClient> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  atEnd(() => socket.destroy());
  const client = new RawClient(socket);
  await once(socket, 'connect');
  client.start({ user: username, database: pathname.slice(1), application_name: 'sublet' });
  await client.signIn(password);
  return client;
}

class RawClient {
  readonly #socket: Socket;
  /** Whether the server has ended the connection. */
  ended = false;
  #heard = Buffer.alloc(0);
  #listener = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended = true;
      this.#listener();
    });
    socket.on('data', (bytes) => {
      this.#heard = Buffer.concat([this.#heard, bytes]);
      this.#listener();
    });
  }

  /** Executes a statement in the extended protocol and waits until it is done; never sends the Sync that would end its transaction. */
  async executeWithoutSync(statement: string): Promise<void> {
    const none = Buffer.alloc(2);
    const portal = Buffer.from('\0');
    this.#send('P', portal, text(statement), none);
    this.#send('B', portal, portal, none, none, none);
    this.#send('E', portal, Buffer.alloc(4));
    this.#send('H');
    await this.#hear('C');
  }

  start(parameters: Record<string, string>): void {
    const pairs = Object.entries(parameters).flat().map(text);
    const body = Buffer.concat([int32(196_608), ...pairs, Buffer.from('\0')]);
    this.#socket.write(Buffer.concat([int32(body.length + 4), body]));
  }

  /** SCRAM-SHA-256 (RFC 7677). */
  async signIn(password: string): Promise<void> {
    await this.#hear('R');
    const nonce = randomBytes(18).toString('base64');
    const first = `n=,r=${nonce}`;
    const initial = Buffer.from(`n,,${first}`);
    this.#send('p', text('SCRAM-SHA-256'), int32(initial.length), initial);
    const challenge = (await this.#hear('R')).subarray(4).toString();
    const [, both = '', salt = '', rounds = ''] = /^r=(.*),s=(.*),i=(.*)$/.exec(challenge) ?? [];
    const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(rounds), 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const last = `c=biws,r=${both}`;
    const signature = hmac(createHash('sha256').update(clientKey).digest(), `${first},${challenge},${last}`);
    const proof = clientKey.map((byte, index) => byte ^ signature[index]!);
    this.#send('p', Buffer.from(`${last},p=${Buffer.from(proof).toString('base64')}`));
    await this.#hear('Z');
  }

  #send(type: string, ...parts: Buffer[]): void {
    const body = Buffer.concat(parts);
    this.#socket.write(Buffer.concat([Buffer.from(type), int32(body.length + 4), body]));
  }

  /** The next message of this type; others are passed over, and an error is thrown. */
  async #hear(type: string): Promise<Buffer> {
    for (;;) {
      const length = this.#heard.length >= 5 ? this.#heard.readInt32BE(1) + 1 : Number.POSITIVE_INFINITY;
      if (this.#heard.length >= length) {
        const message = this.#heard.subarray(0, length);
        this.#heard = this.#heard.subarray(length);
        const kind = String.fromCharCode(message[0]!);
        if (kind === type) return message.subarray(5);
        if (kind === 'E') throw new Error(message.subarray(5).toString());
        continue;
      }
      if (this.ended) throw new Error('The server has ended the connection.');
      await new Promise<void>((resolve) => {
        this.#listener = resolve;
      });
    }
  }
}

const text = (value: string) => Buffer.from(`${value}\0`);

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const hmac = (key: Buffer, value: string) => createHmac('sha256', key).update(value).digest();
