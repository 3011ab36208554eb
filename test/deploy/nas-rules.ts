import type { Bundle } from './bundle.ts';
import { type Check, isRecord, valueAt } from './check.ts';

/** What is required of a function's NAS folders, and of the variable that names one. */
export const nasRules: Check = (props, path) => {
  const mounts = mountsOf(props);
  const models = valueAt(props, 'environmentVariables.OLLAMA_MODELS');
  const findings = mounts.flatMap((mount, index) =>
    mountFindings(mount, `${path}.nasConfig.mountPoints.${index}`),
  );
  if (models !== undefined && !mounts.some(({ mountDir }) => mountDir === models))
    findings.push(`${path}.environmentVariables.OLLAMA_MODELS: must be the folder of a NAS, by its mountDir`);
  return findings;
};

/** Below what FC advises (reference: fc-docs 04/030); where else it is may hide what the system has there. */
const ADVISED = /^\/(home|mnt|tmp|data)\/[\w-]+(\/[\w-]+)*$/;

function mountFindings({ serverAddr, mountDir }: Record<string, unknown>, at: string): string[] {
  const findings: string[] = [];
  if (!/^[a-z0-9.-]+:\/[\w/-]*$/.test(String(serverAddr)))
    findings.push(`${at}.serverAddr: must be <host>:/<folder>`);
  if (!ADVISED.test(String(mountDir)))
    findings.push(`${at}.mountDir: must be a folder below /home, /mnt, /tmp or /data`);
  return findings;
}

/** Whether all functions see a NAS with the same eyes: what one writes, the others must be able to read and to find. */
export function sharedNasFindings(bundle: Bundle): string[] {
  const first = new Map<string, { name: string; seen: string }>();
  return Object.entries(bundle).flatMap(([name, { props }]) => {
    const { userId, groupId } = (isRecord(props.nasConfig) ? props.nasConfig : {}) as Record<string, unknown>;
    return mountsOf(props).flatMap(({ serverAddr, mountDir }) => {
      const seen = `as ${userId}:${groupId} at ${mountDir}`;
      const other = first.get(String(serverAddr));
      if (!other) first.set(String(serverAddr), { name, seen });
      if (!other || other.seen === seen) return [];
      return [`${name}.props.nasConfig: sees ${serverAddr} ${seen}, and ${other.name} ${other.seen}`];
    });
  });
}

function mountsOf(props: unknown): Record<string, unknown>[] {
  const mounts = valueAt(props, 'nasConfig.mountPoints');
  return Array.isArray(mounts) ? mounts.filter(isRecord) : [];
}
