package io.jubernetes.systemtests.clients;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/// The tour by the fabric8 client, set up as its documentation tells (so its watches are WebSockets).
final class Fabric8Client implements TourClient {
    private final KubernetesClient client;
    private final String namespace;

    Fabric8Client(Path kubeconfig, String namespace) throws IOException {
        Config config = Config.fromKubeconfig(kubeconfig.toFile());
        config.setNamespace(namespace);
        this.client = new KubernetesClientBuilder().withConfig(config).build();
        this.namespace = namespace;
    }

    private HasMetadata parsed(String manifest) {
        return client.getKubernetesSerialization().unmarshal(manifest, HasMetadata.class);
    }

    @Override
    public void create(String manifest) {
        client.resource(parsed(manifest)).create();
    }

    @Override
    public void apply(String manifest) {
        client.resource(parsed(manifest)).createOr(NonDeletingOperation::update);
    }

    @Override
    public Optional<String> applyServerSide(String manifest, String manager, boolean force) {
        var operation = client.resource(parsed(manifest)).fieldManager(manager);
        try {
            (force ? operation.forceConflicts() : operation).serverSideApply();
            return Optional.empty();
        } catch (KubernetesClientException e) {
            if (e.getCode() != 409) {
                throw e;
            }
            return Optional.of(e.getStatus().getMessage());
        }
    }

    @Override
    public void patchConfigMap(String name, PatchKind kind, String patch) {
        PatchType type = switch (kind) {
            case STRATEGIC -> PatchType.STRATEGIC_MERGE;
            case MERGE -> PatchType.JSON_MERGE;
            case JSON -> PatchType.JSON;
        };
        client.configMaps().withName(name).patch(PatchContext.of(type), patch);
    }

    @Override
    public Watching watchConfigMaps() {
        List<String> events = new CopyOnWriteArrayList<>();
        Watch watch = client.configMaps().inNamespace(namespace).watch(new Watcher<ConfigMap>() {
            @Override
            public void eventReceived(Action action, ConfigMap object) {
                events.add(action + " " + object.getMetadata().getName());
            }

            @Override
            public void onClose(WatcherException cause) {
                events.add("ERROR " + cause.getMessage());
            }
        });
        return new Watching(() -> List.copyOf(events), watch::close);
    }

    @Override
    public String logs(String pod) {
        return client.pods().withName(pod).getLog();
    }

    @Override
    public Ended exec(String pod, String input, List<String> command) throws Exception {
        var output = new ByteArrayOutputStream();
        try (ExecWatch running = client.pods()
                .withName(pod)
                .redirectingInput()
                .writingOutput(output)
                .writingError(output)
                .exec(command.toArray(String[]::new))) {
            try (var stdin = running.getInput()) {
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)).transferTo(stdin);
            }
            int code = running.exitCode().get(30, TimeUnit.SECONDS);
            return new Ended(code, output.toString(StandardCharsets.UTF_8));
        }
    }

    @Override
    public Forwarding forward(String pod, int port) {
        LocalPortForward forward = client.pods().withName(pod).portForward(port);
        return new Forwarding(forward.getLocalPort(), forward::close);
    }

    @Override
    public void deleteConfigMap(String name) {
        client.configMaps().withName(name).delete();
    }

    @Override
    public void deletePod(String name) {
        client.pods().withName(name).delete();
    }

    @Override
    public void close() {
        client.close();
    }
}
