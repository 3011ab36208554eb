/**
 * Base64, in lines or not. No character can be matched by two parts of it: else a few megabytes of line ends before a
 * wrong character would be tried in all ways, for hours.
 */
const BASE64 = /^[A-Za-z0-9+/\r\n]+(?:=[\r\n]*(?:=[\r\n]*)?)?$/;

export const isBase64 = (text: string): boolean => BASE64.test(text);
