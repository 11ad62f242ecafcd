package io.jubernetes.systemtests.clients;

import io.jubernetes.systemtests.Background;
import io.jubernetes.systemtests.Kubectl;
import io.jubernetes.systemtests.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The tour by kubectl.
record KubectlClient(Kubectl kubectl) implements TourClient {
    @Override
    public void create(String manifest) throws Exception {
        kubectl.ok(manifest, "create -f -");
    }

    @Override
    public void apply(String manifest) throws Exception {
        kubectl.ok(manifest, "apply -f -");
    }

    @Override
    public Optional<String> applyServerSide(String manifest, String manager, boolean force) throws Exception {
        List<String> arguments = new ArrayList<>(
                List.of("apply", "--server-side", "--field-manager", manager, "--validate=strict", "-f", "-"));
        if (force) {
            arguments.add("--force-conflicts");
        }
        Machine.Ran ran = kubectl.run(manifest, arguments);
        return ran.code() == 0 ? Optional.empty() : Optional.of(ran.errors());
    }

    @Override
    public void patchConfigMap(String name, PatchKind kind, String patch) throws Exception {
        String type = kind.name().toLowerCase(Locale.ROOT);
        kubectl.run("", List.of("patch", "configmap", name, "--type", type, "--patch", patch))
                .ok();
    }

    @Override
    public Watching watchConfigMaps() throws Exception {
        Background watch = kubectl.start("get configmaps --watch --output-watch-events --no-headers");
        return new Watching(
                () -> watch.output()
                        .lines()
                        .map(line -> line.split(" +"))
                        .map(words -> words[0] + " " + words[1])
                        .toList(),
                watch::close);
    }

    @Override
    public String logs(String pod) throws Exception {
        return kubectl.ok("logs " + pod);
    }

    @Override
    public Ended exec(String pod, String input, List<String> command) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("exec", "-i", pod, "--"));
        arguments.addAll(command);
        Machine.Ran ran = kubectl.run(input, arguments);
        return new Ended(ran.code(), ran.output() + ran.errors());
    }

    @Override
    public Forwarding forward(String pod, int port) throws Exception {
        Background forward = kubectl.start("port-forward " + pod + " :" + port);
        int local = Integer.parseInt(
                forward.await("Forwarding from 127\\.0\\.0\\.1:(\\d+)").group(1));
        return new Forwarding(local, forward::close);
    }

    @Override
    public void deleteConfigMap(String name) throws Exception {
        kubectl.ok("delete configmap " + name);
    }

    @Override
    public void deletePod(String name) throws Exception {
        kubectl.ok("delete pod " + name);
    }
}
