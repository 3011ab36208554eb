/**
 * Throws unless this is Node 22, the version of FC's layer.
 *
 * The npm package `node` puts it first on the path of every npm script; a command that was started
 * past npm would run on whatever the machine has, and pass or fail for reasons of its own.
 */
export function assertNode22(version = process.versions.node): void {
  if (version.startsWith('22.')) return;
  throw new Error(
    `Sublet runs on Node 22, this is Node ${version}. Start it with npm (npm start, npm test).`,
  );
}
