/** `sha256:` and 64 hex digits in lower case: what a registry writes, and the one form that is taken from it. */
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

export const hexOf = (digest: string): string => digest.slice('sha256:'.length);

/** How Ollama calls a blob where it shows progress: `8934d96d3f08`. */
export const shortDigest = (digest: string): string => hexOf(digest).slice(0, 12);
