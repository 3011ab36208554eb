import { BlockList, isIP } from 'node:net';
import type { Call } from './call.ts';
import type { World } from './world.ts';

export type DoorReason = 'key' | 'model' | 'address';

/** Why a call is refused whatever the limits say: all the reasons that are true of it. */
export function refusedAtTheDoor(world: World, call: Call): DoorReason[] {
  const key = world.keys.get(call.key);
  if (!key) return ['key'];
  const reasons: DoorReason[] = [];
  const path = world.consumers.get(key.consumerId)!.path.map((id) => world.consumers.get(id)!);
  const expired = key.expiresUs !== null && key.expiresUs <= world.nowUs;
  if (key.status !== 'active' || expired || path.some(({ status }) => status !== 'active')) {
    reasons.push('key');
  }
  const grants = [key.models, ...path.map(({ models }) => models)];
  const model = world.models.get(call.model);
  if (model?.status !== 'active' || grants.some((models) => models && !models.includes(call.model))) {
    reasons.push('model');
  }
  if (key.cidrs && !key.cidrs.some((cidr) => contains(cidr, call.address))) reasons.push('address');
  return reasons;
}

function contains(cidr: string, address: string | null): boolean {
  if (address === null || isIP(address) === 0) return false;
  const [network, bits] = cidr.split('/');
  const family = isIP(network!) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network!, Number(bits), family);
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
