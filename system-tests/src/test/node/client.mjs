// The Node client on the tour: reads one call a line from its input, as JSON [name, [arguments]], and answers each with a line,
// {"result": ...} or {"error": "..."}. The namespace is its argument, the cluster that of KUBECONFIG.
import net from 'node:net';
import readline from 'node:readline';
import { PassThrough } from 'node:stream';
import * as k8s from '@kubernetes/client-node';

const namespace = process.argv[2];
const config = new k8s.KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);
const objects = k8s.KubernetesObjectApi.makeApiClient(config);

const parsed = (manifest) => {
  const object = k8s.loadYaml(manifest);
  object.metadata.namespace = namespace;
  return object;
};

const formats = {
  STRATEGIC: k8s.PatchStrategy.StrategicMergePatch,
  MERGE: k8s.PatchStrategy.MergePatch,
  JSON: k8s.PatchStrategy.JsonPatch,
};

let events = [];
let watch;
let server;

const collect = () => {
  const stream = new PassThrough();
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString() };
};

const calls = {
  create: (manifest) => objects.create(parsed(manifest)),
  apply: async (manifest) => {
    const object = parsed(manifest);
    try {
      await objects.replace(object);
    } catch (e) {
      if (e.code !== 404) throw e;
      await objects.create(object);
    }
  },
  applyServerSide: async (manifest, manager, force) => {
    try {
      await objects.patch(parsed(manifest), undefined, undefined, manager, force, k8s.PatchStrategy.ServerSideApply);
      return null;
    } catch (e) {
      if (e.code !== 409) throw e;
      return (typeof e.body === 'string' ? JSON.parse(e.body) : e.body).message;
    }
  },
  patchConfigMap: (name, kind, patch) =>
    core.patchNamespacedConfigMap(
      { name, namespace, body: JSON.parse(patch) },
      k8s.setHeaderOptions('Content-Type', formats[kind]),
    ),
  watch: async () => {
    events = [];
    watch = await new k8s.Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      {},
      (type, object) => events.push(`${type} ${object.metadata.name}`),
      (e) => e && e.name !== 'AbortError' && events.push(`ERROR ${e.message}`),
    );
  },
  events: () => events,
  endWatch: () => watch.abort(),
  logs: (name) => core.readNamespacedPodLog({ name, namespace }),
  exec: (pod, input, command) =>
    new Promise((resolve, reject) => {
      const out = collect();
      const err = collect();
      const stdin = new PassThrough();
      new k8s.Exec(config)
        .exec(namespace, pod, 'site', command, out.stream, err.stream, stdin, false, (status) => {
          const cause = (status.details?.causes ?? []).find((c) => c.reason === 'ExitCode');
          const code = status.status === 'Success' ? 0 : Number(cause?.message ?? -1);
          // The status may come before the last output.
          setTimeout(() => resolve({ code, output: out.text() + err.text() }), 50);
        })
        .then(() => stdin.end(input))
        .catch(reject);
    }),
  forward: (pod, port) =>
    new Promise((resolve, reject) => {
      const forward = new k8s.PortForward(config);
      server = net.createServer((socket) => {
        forward.portForward(namespace, pod, [port], socket, null, socket).catch(() => socket.destroy());
      });
      server.on('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(server.address().port));
    }),
  endForward: () => void server.close(),
  deleteConfigMap: (name) => core.deleteNamespacedConfigMap({ name, namespace }),
  deletePod: (name) => core.deleteNamespacedPod({ name, namespace }),
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  let answer;
  try {
    const [name, args] = JSON.parse(line);
    answer = { result: (await calls[name](...args)) ?? null };
  } catch (e) {
    answer = { error: e.stack ?? String(e) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
