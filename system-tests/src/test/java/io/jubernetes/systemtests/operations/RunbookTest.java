package io.jubernetes.systemtests.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.systemtests.Background;
import io.jubernetes.systemtests.LocalCluster;
import io.jubernetes.systemtests.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Does what `docs/runbook.md` says.
class RunbookTest {
    private static final Duration SHORT = Duration.ofMinutes(1);
    private static final Pattern ENTRY = Pattern.compile("(?ms)^## ([^\n]+)\n(.*?)(?=^## |\\z)");
    private static final Pattern COMMANDS = Pattern.compile("(?ms)^```bash\n(.*?)^```$");

    @TempDir
    Path folder;

    private final TreeSet<String> executed = new TreeSet<>();

    private static Map<String, String> entries() throws IOException {
        Map<String, String> entries = new HashMap<>();
        ENTRY.matcher(Files.readString(Machine.home().resolve("docs/runbook.md")))
                .results()
                .forEach(entry -> entries.put(entry.group(1), entry.group(2)));
        return entries;
    }

    /// Executes the commands of one entry, each of which must succeed.
    private void follow(String title, Map<String, String> variables) throws IOException, InterruptedException {
        List<String> commands = COMMANDS.matcher(entries().getOrDefault(title, ""))
                .results()
                .map((MatchResult block) -> block.group(1))
                .toList();
        assertThat(commands).as(title).isNotEmpty();
        for (String each : commands) {
            Machine.run(SHORT, variables, "bash", "-euo", "pipefail", "-c", each)
                    .ok();
        }
        executed.add(title);
    }

    @Test
    void everyEntryWorks() throws IOException, InterruptedException {
        embeddedStore();
        etcd();
        assertThat(executed)
                .as("every entry was executed")
                .isEqualTo(new TreeSet<>(entries().keySet()));
    }

    private void embeddedStore() throws IOException, InterruptedException {
        Path data = folder.resolve("cluster");
        Map<String, String> variables = Map.of(
                "DATA",
                data.toString(),
                "BACKUP",
                folder.resolve("store.backup").toString());
        Path tokens = Files.writeString(folder.resolve("tokens.csv"), "secret,admin,1,\"system:masters\"\n");
        int port = Machine.freePort();
        try (Background _ = apiServer(data, tokens, port)) {
            kubectl(port, "create", "configmap", "kept").ok();
            follow("Back up the embedded store", variables);
            kubectl(port, "delete", "configmap", "kept").ok();
        }
        follow("Restore the embedded store", variables);
        try (Background _ = apiServer(data, tokens, port)) {
            assertThat(kubectl(port, "get", "configmap", "kept").ok()).contains("kept");
        }
    }

    private static Background apiServer(Path data, Path tokens, int port) throws IOException {
        Background server = Background.start(
                Map.of(),
                Machine.home().resolve("jube").toString(),
                "run",
                "apiserver",
                "--data-dir=" + data,
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--token-auth-file=" + tokens);
        server.await("serving the Kubernetes API");
        return server;
    }

    private static Machine.Ran kubectl(int port, String... words) throws IOException, InterruptedException {
        String[] line = new String[words.length + 4];
        line[0] = "kubectl";
        line[1] = "--server=https://127.0.0.1:" + port;
        line[2] = "--insecure-skip-tls-verify";
        line[3] = "--token=secret";
        System.arraycopy(words, 0, line, 4, words.length);
        return Machine.run(SHORT, Map.of("KUBECONFIG", "/dev/null"), line);
    }

    private void etcd() throws IOException, InterruptedException {
        String client = "http://127.0.0.1:" + Machine.freePort();
        String peer = "http://127.0.0.1:" + Machine.freePort();
        Path restored = folder.resolve("etcd-new");
        Map<String, String> variables = Map.of(
                "ETCD",
                client,
                "BACKUP",
                folder.resolve("etcd.backup").toString(),
                "NAME",
                "m0",
                "PEER",
                peer,
                "MEMBERS",
                "m0=" + peer,
                "NEW",
                restored.toString());
        try (Background _ = member(folder.resolve("etcd-old"), client, peer)) {
            LocalCluster.await("etcd")
                    .until(() ->
                            etcdctl(client, "put", "/registry/kept", "value").code() == 0);
            follow("Back up etcd", variables);
            etcdctl(client, "del", "/registry/kept").ok();
        }
        follow("Restore etcd into a new cluster", variables);
        try (Background _ = member(restored, client, peer)) {
            LocalCluster.await("the restored etcd")
                    .until(() ->
                            etcdctl(client, "get", "/registry/kept").output().contains("value"));
        }
    }

    private static Background member(Path data, String client, String peer) throws IOException {
        return Background.start(
                Map.of(),
                "etcd",
                "--name=m0",
                "--data-dir=" + data,
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=m0=" + peer);
    }

    private static Machine.Ran etcdctl(String endpoint, String... words) throws IOException, InterruptedException {
        String[] line = new String[words.length + 2];
        line[0] = "etcdctl";
        line[1] = "--endpoints=" + endpoint;
        System.arraycopy(words, 0, line, 2, words.length);
        return Machine.run(SHORT, Map.of(), line);
    }
}
