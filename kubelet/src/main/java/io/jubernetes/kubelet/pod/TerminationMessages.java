package io.jubernetes.kubelet.pod;

import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import io.jubernetes.kubelet.runtime.LogOptions;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.StreamSession;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/// The last words of ended containers: from the file they can write to, else from the end of their log when
/// they asked for that.
public final class TerminationMessages {
    private static final int MAX_FILE = 4096;
    private static final int MAX_LOG = 2048;
    private static final int MAX_LINES = 80;

    private final ContainerRuntime runtime;

    public TerminationMessages(ContainerRuntime runtime) {
        this.runtime = runtime;
    }

    /// The message; empty when there is none.
    String read(ContainerInfo container) {
        if (!container.error().isEmpty()) {
            return container.error();
        }
        Optional<Path> file = container.terminationMessageFile().map(Path::of);
        String message = "";
        if (file.isPresent()) {
            try (var in = Files.newInputStream(file.get())) {
                message = new String(in.readNBytes(MAX_FILE), StandardCharsets.UTF_8);
            } catch (IOException e) {
                // It never was, or the pod's directory is gone.
            }
        }
        if (message.isEmpty() && container.fallBackToLogs() && container.exitCode() != 0) {
            message = endOfLog(container);
        }
        return message;
    }

    private String endOfLog(ContainerInfo container) {
        var options =
                new LogOptions(false, false, OptionalLong.of(MAX_LINES), Optional.empty(), true, true, container.tty());
        var text = new ByteArrayOutputStream();
        try (StreamSession log = runtime.logs(container.id(), options)) {
            log.pump(new StreamSession.Receiver() {
                @Override
                public void stdout(byte[] buffer, int offset, int length) {
                    text.write(buffer, offset, length);
                }

                @Override
                public void stderr(byte[] buffer, int offset, int length) {
                    text.write(buffer, offset, length);
                }
            });
        } catch (IOException | RuntimeFailure e) {
            return "";
        }
        byte[] all = text.toByteArray();
        int start = Math.max(0, all.length - MAX_LOG);
        return new String(all, start, all.length - start, StandardCharsets.UTF_8);
    }
}
