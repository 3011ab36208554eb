import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';

/** What is signed in place of a body, of which a GET has none: base64 of the hex of the hash of nothing. */
const NO_BODY = Buffer.from(createHash('sha256').digest('hex')).toString('base64');

/** Proves to registries who we are, as Ollama does with its `~/.ollama/id_ed25519`. */
export class SigningKey {
  readonly #pem: string | undefined;
  #key: Promise<KeyObject> | undefined;

  /**
   * @param pem an unencrypted ed25519 key, as OpenSSH or PKCS#8; its lines may be parted by `\\n`, as in a variable of
   *   the environment. Without one, or with an empty one, a key is made that nobody knows.
   */
  constructor(pem?: string) {
    this.#pem = pem?.replaceAll('\\n', '\n') || undefined;
  }

  /**
   * The header that proves this GET: the key's OpenSSH form and the signature, each in base64
   * (reference: ollama/auth/auth.go `Sign`).
   *
   * @throws Error when the key cannot be read.
   */
  async authorizationFor(url: URL): Promise<string> {
    this.#key ??= this.#pem === undefined ? Promise.resolve(aNewKey()) : keyOf(this.#pem);
    const key = await this.#key;
    const signature = sign(null, Buffer.from(`GET,${url.href},${NO_BODY}`), key);
    return `${opensshForm(key).toString('base64')}:${signature.toString('base64')}`;
  }
}

const aNewKey = () => generateKeyPairSync('ed25519').privateKey;

async function keyOf(pem: string): Promise<KeyObject> {
  const key = createPrivateKey(/BEGIN OPENSSH PRIVATE KEY/.test(pem) ? await pkcs8Of(pem) : pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('The key for registries is not an ed25519 key.');
  return key;
}

/** OpenSSH's own form is not known to OpenSSL. */
async function pkcs8Of(pem: string): Promise<string> {
  const { default: sshpk } = await import('sshpk'); // large, and mostly not needed
  return sshpk.parsePrivateKey(pem, 'openssh').toString('pkcs8');
}

/** The middle word of `id_ed25519.pub`: the name of the kind and the key, each after its length (reference: RFC 8709). */
function opensshForm(key: KeyObject): Buffer {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return Buffer.concat([Buffer.from('ssh-ed25519'), Buffer.from(x!, 'base64url')].flatMap(withLength));
}

function withLength(bytes: Buffer): Buffer[] {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}
