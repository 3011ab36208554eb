import type { CatalogDocument, UpstreamEntry } from '../document.ts';
import { isSettableHeader } from '../header-names.ts';
import { atUpstream, error, type Problem } from '../problem.ts';

const VARIABLE = /^env:UPSTREAM_[A-Z0-9_]+$/;
const SIGNED = /^signed:(?=env:)/;
const VARIABLE_FORM = 'a variable is written env:UPSTREAM_…, in capitals, digits and _';

export const addresses = ({ upstreams }: CatalogDocument): Problem[] =>
  upstreams.flatMap(({ name, address }) => {
    const wrong = addressFault(address);
    return wrong === undefined ? [] : error(atUpstream(name, 'address'), wrong);
  });

function addressFault(address: string): string | undefined {
  if (address.startsWith('env:')) return VARIABLE.test(address) ? undefined : VARIABLE_FORM;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:\/\//.test(address) || /\s/.test(address))
    return 'must be an http:// or https:// URL';
  if (url.username !== '' || url.password !== '')
    return 'must not hold a name or password: a credential stands in the environment';
  return /[?#]/.test(address) ? 'must have no ? and no #' : undefined;
}

/** A credential is never in the catalog, whose versions are kept. */
export const credentials = ({ upstreams }: CatalogDocument): Problem[] =>
  upstreams.flatMap(({ name, backend, credential }) => {
    const wrong = credential === undefined ? undefined : credentialFault(credential, backend);
    return wrong === undefined ? [] : error(atUpstream(name, 'credential'), wrong);
  });

function credentialFault(credential: string, backend: UpstreamEntry['backend']): string | undefined {
  if (!VARIABLE.test(credential.replace(SIGNED, '')))
    return `must name a variable: ${VARIABLE_FORM}, with signed: before it where it signs each request`;
  if (SIGNED.test(credential) && backend !== 'ollama')
    return 'signs requests to an ollama-proxy, and only an upstream of the backend ollama is one';
  return undefined;
}

export const headers = ({ upstreams }: CatalogDocument): Problem[] => upstreams.flatMap(headerFaults);

function headerFaults({ name, headers: { rename, remove, set } }: UpstreamEntry): Problem[] {
  const fault = (rule: string, header: string, wrong: string | undefined) =>
    wrong === undefined ? [] : [error(atUpstream(name, `headers.${rule}`), `'${header}' ${wrong}`)];
  return [
    ...Object.entries(rename).flatMap(([from, to]) => [
      ...fault('rename', from, nameFault(from)),
      ...fault('rename', to, madeFault(to)),
    ]),
    ...remove.flatMap((header) => fault('remove', header, nameFault(header))),
    ...Object.entries(set).flatMap(([header, value]) =>
      fault('set', header, madeFault(header) ?? valueFault(header, value)),
    ),
  ];
}

const TOKEN = /^[!#$%&'*+.^_`|~\da-z-]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;
const SECRET = /^authorization$|^cookie$|(^|-)(api-?key|token|secret)$/;

const nameFault = (header: string) =>
  TOKEN.test(header) ? undefined : 'is no name of a header, in lower case';

/** Of a header that a rule makes. */
const madeFault = (header: string) =>
  nameFault(header) ??
  (isSettableHeader(header)
    ? undefined
    : 'belongs to the connection or frames the request: it is not ours to make');

function valueFault(header: string, value: string): string | undefined {
  if (value.startsWith('env:'))
    return VARIABLE.test(value) ? undefined : `names no variable: ${VARIABLE_FORM}`;
  if (!VALUE.test(value)) return 'has a value that no header can have';
  return SECRET.test(header) ? 'is a credential: put it into the environment, as env:UPSTREAM_…' : undefined;
}
