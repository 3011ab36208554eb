// Stands for the component fc3 and the cloud behind it, for the real `s`: which asks it for commands as it asks the
// real one, and prints what it gives. It keeps what there is in CLOUD/state.json and notes each command in CLOUD/log.
// After devsapp/fc3: src/subCommands/{alias,version,invoke,deploy}.
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const { CLOUD, CLOUD_REFUSES, CLOUD_INVOKES } = process.env;
const stateFile = join(CLOUD, 'state.json');
const load = () => (existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')) : {});

/** Lets a command see and change what there is of a function. */
function withFunction(inputs, work) {
  const { functionName } = inputs.props;
  const args = inputs.args.filter((arg, index) => arg !== '-t' && inputs.args[index - 1] !== '-t');
  const said = [functionName, inputs.command, ...args].join(' ');
  appendFileSync(join(CLOUD, 'log'), `${said}\n`);
  if (CLOUD_REFUSES && said.includes(CLOUD_REFUSES)) throw new Error(`AccessDenied: ${CLOUD_REFUSES}`);
  const state = load();
  const func = state[functionName] ?? { versions: [], aliases: {}, isChanged: false };
  const result = work(func, options(inputs.args), inputs);
  // Who only looks may do so beside others.
  if (inputs.args[0] !== 'list')
    writeFileSync(stateFile, JSON.stringify({ ...load(), [functionName]: func }));
  return result;
}

function options(args) {
  const named = args.flatMap((arg, index) => (arg.startsWith('--') ? [[arg.slice(2), args[index + 1]]] : []));
  return { ...Object.fromEntries(named), subCommand: args[0] };
}

const commands = {
  deploy(func, _said, { props }) {
    // The real one zips the folder, and it is the build that makes it.
    if (props.code && !existsSync(join(props.code, 'server.mjs')))
      throw new Error(`${props.code} has nothing that could be sent`);
    func.isChanged = true; // the code of each build counts as another
    return { functionName: props.functionName, environmentVariables: props.environmentVariables };
  },

  version(func, { subCommand, description }) {
    if (subCommand === 'list') return func.versions;
    if (!func.isChanged) throw new Error('No changes were made since last publish');
    const version = { versionId: String(func.versions.length + 1), description };
    func.versions.unshift(version);
    func.isChanged = false;
    return version;
  },

  alias(func, { subCommand, 'alias-name': aliasName, 'version-id': versionId, description, vw }) {
    if (subCommand === 'list') return Object.values(func.aliases);
    if (!func.versions.some((version) => version.versionId === versionId)) throw new Error('VersionNotFound');
    const given = { aliasName, versionId, description, additionalVersionWeight: vw && JSON.parse(vw) };
    const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    func.aliases[aliasName] = { ...func.aliases[aliasName], ...known }; // what is not said stays as it is
    return func.aliases[aliasName];
  },
};

async function invoke(inputs) {
  withFunction(inputs, () => {});
  const headers = { 'x-fc-control-path': '/invoke' };
  const answer = await fetch(CLOUD_INVOKES, { method: 'POST', body: '{}', headers });
  process.stdout.write(
    `========= FC invoke Logs begin =========\nundefined\n\nInvoke Result:\n${await answer.text()}\n`,
  );
}

module.exports = class {
  invoke = invoke;
};
for (const [name, work] of Object.entries(commands))
  module.exports.prototype[name] = async (inputs) => withFunction(inputs, work);
