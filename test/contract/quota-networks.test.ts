import { PermissionDeniedError } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { changeKey } from '#shared/tenancy/change-key.ts';
import { post } from '../helpers/outcome.ts';
import { aServedGateway, ask, type ServedGateway } from '../helpers/served-gateway.ts';
import { aTenant, type Tenant } from '../helpers/tenant.ts';
import { thrownBy } from '../helpers/thrown-by.ts';

let gateway: ServedGateway;
/** Behind one proxy more: an API gateway, whose word on the address before it counts. */
let behindAnother: ServedGateway;

beforeAll(async () => {
  [gateway, behindAnother] = await Promise.all([
    aServedGateway(),
    aServedGateway({ environment: { router: { TRUSTED_PROXIES: '2' } } }),
  ]);
});

const tiny = ask('ollama/tiny');
const call = ({ client }: Tenant) => client.chat.completions.create(tiny);

describe('a key that is bound to networks', () => {
  it('works in them, and elsewhere is ip_not_allowed for all that it could ask', async () => {
    await call(await aTenant(gateway, { cidrs: ['127.0.0.0/8', '::1/128'] }));
    const stranger = await aTenant(gateway, { cidrs: ['10.0.0.0/8'] });
    const { client } = stranger;
    for (const ask of [() => call(stranger), () => client.models.list(), () => client.get('/usage')]) {
      const error = await thrownBy(ask());
      expect(error).toBeInstanceOf(PermissionDeniedError);
      expect(error).toMatchObject({ status: 403, code: 'ip_not_allowed', param: null });
    }
    await gateway.database.write((db) => changeKey(db, stranger.keyId, { cidrs: null }));
    await call(stranger);
  });

  it('is not deceived by an address that the caller has written itself', async () => {
    const tenant = await aTenant(gateway, { cidrs: ['10.0.0.0/8'] });
    for (const said of ['10.1.2.3', '10.1.2.3, 10.1.2.4', '127.0.0.1, 10.1.2.3']) {
      const response = await post(tenant, tiny, { 'x-forwarded-for': said });
      expect(response.status).toBe(403);
    }
  });

  it('behind one proxy more is judged by the address that this one saw', async () => {
    const tenant = await aTenant(behindAnother, { cidrs: ['10.0.0.0/8', '2001:db8::/32'] });
    const statusOf = async (said: string) => (await post(tenant, tiny, { 'x-forwarded-for': said })).status;
    expect(await statusOf('10.1.2.3')).toBe(200);
    expect(await statusOf('192.0.2.1, 10.1.2.3')).toBe(200);
    expect(await statusOf('2001:db8::7')).toBe(200);
    expect(await statusOf('10.1.2.3, 192.0.2.1')).toBe(403);
    expect(await statusOf('no address')).toBe(403);
    expect((await post(tenant, tiny)).status).toBe(403); // nobody said where it came from
  });
});
