package io.jubernetes.kubelet.runtime.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.runtime.ExecResult;
import io.jubernetes.kubelet.runtime.LogOptions;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.StreamOptions;
import io.jubernetes.kubelet.runtime.StreamSession;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/// Commands, attached processes and logs.
final class DockerStreams {
    /// As upstream's probes keep of a command's output.
    private static final int MAX_OUTPUT = 10 << 10;

    private final DockerEngine engine;

    DockerStreams(DockerEngine engine) {
        this.engine = engine;
    }

    StreamSession exec(String id, List<String> command, StreamOptions options) throws RuntimeFailure {
        ObjectNode create = Json.object()
                .put("AttachStdin", options.stdin())
                .put("AttachStdout", options.stdout())
                .put("AttachStderr", options.stderr() && !options.tty())
                .put("Tty", options.tty());
        command.forEach(create.putArray("Cmd")::add);
        String exec = post("/containers/" + id + "/exec", create).path("Id").asText();
        ObjectNode start = Json.object().put("Detach", false).put("Tty", options.tty());
        var exchange = engine.raw(http -> http.hijack("/exec/" + exec + "/start", Json.bytes(start)));
        return new DockerStream(exchange, options.tty(), new DockerStream.Control() {
            @Override
            public void resize(int columns, int rows) {
                quietly("/exec/" + exec + "/resize?w=" + columns + "&h=" + rows);
            }

            @Override
            public int exitCode() throws RuntimeFailure {
                return DockerStreams.this.exitCode(exec);
            }
        });
    }

    /// The stream can end a moment before the engine has the exit code.
    private int exitCode(String exec) throws RuntimeFailure {
        Deadline deadline = Deadline.in(java.time.Duration.ofSeconds(5));
        while (true) {
            JsonNode state = engine.raw(http -> {
                try (var exchange = http.send("GET", "/exec/" + exec + "/json", Map.of(), null)) {
                    return exchange.json();
                }
            });
            if (!state.path("Running").asBoolean() || deadline.isOver()) {
                return state.path("ExitCode").asInt(0);
            }
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new RuntimeFailure.TimedOut("interrupted while waiting for a command's exit code");
            }
        }
    }

    ExecResult execSync(String id, List<String> command, Deadline deadline) throws RuntimeFailure {
        var output = new ByteArrayOutputStream();
        var failure = new AtomicReference<Exception>();
        var done = new CountDownLatch(1);
        try (StreamSession session = exec(id, command, new StreamOptions(false, true, true, false))) {
            Thread.ofVirtual().name("exec-sync").start(() -> {
                try {
                    session.pump(new Collector(output));
                } catch (IOException | RuntimeException e) {
                    failure.set(e);
                } finally {
                    done.countDown();
                }
            });
            if (!done.await(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
                throw new RuntimeFailure.TimedOut("command " + command + " timed out");
            }
            if (failure.get() != null) {
                throw new RuntimeFailure.Unavailable("the command's output broke off", failure.get());
            }
            int exitCode = session.exitCode();
            synchronized (output) {
                return new ExecResult(exitCode, output.toString(StandardCharsets.UTF_8));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RuntimeFailure.TimedOut("interrupted while running " + command);
        }
    }

    private record Collector(ByteArrayOutputStream output) implements StreamSession.Receiver {
        @Override
        public void stdout(byte[] buffer, int offset, int length) {
            synchronized (output) {
                output.write(buffer, offset, Math.min(length, MAX_OUTPUT - output.size()));
            }
        }

        @Override
        public void stderr(byte[] buffer, int offset, int length) {
            stdout(buffer, offset, length);
        }
    }

    StreamSession attach(String id, StreamOptions options) throws RuntimeFailure {
        String path = "/containers/" + id + "/attach?stream=1&stdin=" + flag(options.stdin()) + "&stdout="
                + flag(options.stdout()) + "&stderr=" + flag(options.stderr() && !options.tty());
        var exchange = engine.raw(http -> http.hijack(path, new byte[0]));
        return new DockerStream(exchange, options.tty(), new DockerStream.Control() {
            @Override
            public void resize(int columns, int rows) {
                quietly("/containers/" + id + "/resize?w=" + columns + "&h=" + rows);
            }

            @Override
            public int exitCode() {
                return 0;
            }
        });
    }

    StreamSession logs(String id, LogOptions options) throws RuntimeFailure {
        var path = new StringBuilder("/containers/" + id + "/logs?follow=" + flag(options.follow()) + "&timestamps="
                + flag(options.timestamps()) + "&stdout=" + flag(options.stdout()) + "&stderr="
                + flag(options.stderr()));
        options.tail().ifPresent(lines -> path.append("&tail=").append(lines));
        options.since()
                .ifPresent(since -> path.append("&since=")
                        .append(since.getEpochSecond())
                        .append('.')
                        .append("%09d".formatted(since.getNano())));
        var exchange = engine.raw(http -> http.send("GET", path.toString(), Map.of(), null));
        return new DockerStream(exchange, options.tty(), new DockerStream.Control() {
            @Override
            public void resize(int columns, int rows) {}

            @Override
            public int exitCode() {
                return 0;
            }
        });
    }

    private JsonNode post(String path, ObjectNode body) throws RuntimeFailure {
        return engine.raw(http -> {
            try (var exchange = http.send("POST", path, Map.of("Content-Type", "application/json"), Json.bytes(body))) {
                return exchange.json();
            }
        });
    }

    /// A terminal that cannot be resized any more is no failure of anything.
    private void quietly(String path) {
        try {
            engine.raw(http -> {
                http.send("POST", path, Map.of(), null).close();
                return path;
            });
        } catch (RuntimeFailure e) {
            // See above.
        }
    }

    private static String flag(boolean on) {
        return on ? "1" : "0";
    }
}
