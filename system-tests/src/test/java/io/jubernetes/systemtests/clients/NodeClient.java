package io.jubernetes.systemtests.clients;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jubernetes.systemtests.ClientPrograms;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;

/// The tour by `@kubernetes/client-node`: a program of its own, `client.mjs`, that reads a call a line and answers
/// with a line.
final class NodeClient implements TourClient {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Process process;
    private final Writer calls;
    private final BufferedReader answers;

    NodeClient(Path kubeconfig, String namespace) throws IOException {
        var builder = new ProcessBuilder(
                        ClientPrograms.node().toString(),
                        ClientPrograms.nodeFolder().resolve("client.mjs").toString(),
                        namespace)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("KUBECONFIG", kubeconfig.toString());
        this.process = builder.start();
        this.calls = process.outputWriter(StandardCharsets.UTF_8);
        this.answers = process.inputReader(StandardCharsets.UTF_8);
    }

    private JsonNode call(String name, Object... arguments) throws Exception {
        calls.write(JSON.writeValueAsString(List.of(name, List.of(arguments))) + "\n");
        calls.flush();
        String line = CompletableFuture.supplyAsync(() -> {
                    try {
                        return Optional.ofNullable(answers.readLine());
                    } catch (IOException e) {
                        return Optional.<String>empty();
                    }
                })
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS)
                .orElseThrow(() -> new IOException("client.mjs ended at " + name));
        JsonNode answer = JSON.readTree(line);
        if (answer.has("error")) {
            throw new IOException(name + ": " + answer.get("error").asText());
        }
        return answer.path("result");
    }

    @Override
    public void create(String manifest) throws Exception {
        call("create", manifest);
    }

    @Override
    public void apply(String manifest) throws Exception {
        call("apply", manifest);
    }

    @Override
    public Optional<String> applyServerSide(String manifest, String manager, boolean force) throws Exception {
        JsonNode conflict = call("applyServerSide", manifest, manager, force);
        return conflict.isTextual() ? Optional.of(conflict.asText()) : Optional.empty();
    }

    @Override
    public void patchConfigMap(String name, PatchKind kind, String patch) throws Exception {
        call("patchConfigMap", name, kind, patch);
    }

    @Override
    public Watching watchConfigMaps() throws Exception {
        call("watch");
        return new Watching(
                () -> StreamSupport.stream(call("events").spliterator(), false)
                        .map(JsonNode::asText)
                        .toList(),
                () -> quietly("endWatch"));
    }

    @Override
    public String logs(String pod) throws Exception {
        return call("logs", pod).asText();
    }

    @Override
    public Ended exec(String pod, String input, List<String> command) throws Exception {
        JsonNode ended = call("exec", pod, input, command);
        return new Ended(ended.path("code").asInt(), ended.path("output").asText());
    }

    @Override
    public Forwarding forward(String pod, int port) throws Exception {
        int local = call("forward", pod, port).asInt();
        return new Forwarding(local, () -> quietly("endForward"));
    }

    private void quietly(String name) throws IOException {
        try {
            var _ = call(name);
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    @Override
    public void deleteConfigMap(String name) throws Exception {
        call("deleteConfigMap", name);
    }

    @Override
    public void deletePod(String name) throws Exception {
        call("deletePod", name);
    }

    @Override
    public void close() throws IOException {
        // The end of its input is its end.
        calls.close();
        if (process.onExit()
                .completeOnTimeout(process, LIMIT.toSeconds(), TimeUnit.SECONDS)
                .join()
                .isAlive()) {
            process.destroyForcibly();
        }
    }
}
