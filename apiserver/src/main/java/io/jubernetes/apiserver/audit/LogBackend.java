package io.jubernetes.apiserver.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/// Writes events into a file, one line each, and starts a new file when that grows too large. Old files carry the time
/// in their name and go when they are too many or too old.
final class LogBackend implements AuditBackend {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH-mm-ss.SSS").withZone(ZoneOffset.UTC);

    private final Settings settings;
    private final InstantSource clock;
    private @Nullable OutputStream out;
    private long size;

    /// @param path `-` for the standard output
    /// @param json whether a line is the event as JSON; else upstream's older form
    /// @param maxAge how long old files are kept; zero for ever
    /// @param maxBackups how many old files are kept; 0 for all
    /// @param maxBytes of a file; 0 for no limit
    /// @param compress whether old files are compressed
    record Settings(String path, boolean json, Duration maxAge, int maxBackups, long maxBytes, boolean compress) {}

    LogBackend(Settings settings, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
    }

    @Override
    public String name() {
        return "log";
    }

    @Override
    public void deliver(List<ObjectNode> events) throws IOException {
        var lines = new ByteArrayOutputStream();
        for (ObjectNode event : events) {
            byte[] line = settings.json() ? Json.bytes(event) : legacy(event).getBytes(StandardCharsets.UTF_8);
            lines.writeBytes(line);
            lines.write('\n');
        }
        if (settings.path().equals("-")) {
            System.out.write(lines.toByteArray());
            System.out.flush();
            return;
        }
        if (out != null && settings.maxBytes() > 0 && size + lines.size() > settings.maxBytes()) {
            rotate();
        }
        OutputStream open = open();
        open.write(lines.toByteArray());
        open.flush();
        size += lines.size();
    }

    private OutputStream open() throws IOException {
        OutputStream known = out;
        if (known != null) {
            return known;
        }
        Path file = Path.of(settings.path()).toAbsolutePath();
        Path folder = file.getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        OutputStream made = Files.newOutputStream(
                file, StandardOpenOption.CREATE, StandardOpenOption.APPEND, StandardOpenOption.WRITE);
        if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(
                    file, EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
        }
        size = Files.size(file);
        out = made;
        return made;
    }

    private void rotate() throws IOException {
        close();
        Path file = Path.of(settings.path()).toAbsolutePath();
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        String stem = dot < 0 ? name : name.substring(0, dot);
        String ending = dot < 0 ? "" : name.substring(dot);
        Path old = file.resolveSibling(stem + "-" + TIME.format(clock.instant()) + ending);
        Files.move(file, old);
        if (settings.compress()) {
            try (OutputStream zip =
                    new GZIPOutputStream(Files.newOutputStream(old.resolveSibling(old.getFileName() + ".gz")))) {
                Files.copy(old, zip);
            }
            Files.delete(old);
        }
        List<Path> backups;
        try (Stream<Path> all = Files.list(file.resolveSibling("."))) {
            backups = all.filter(each -> isBackup(String.valueOf(each.getFileName()), stem, ending))
                    .sorted()
                    .toList()
                    .reversed();
        }
        for (int i = 0; i < backups.size(); i++) {
            boolean tooMany = settings.maxBackups() > 0 && i >= settings.maxBackups();
            boolean tooOld = settings.maxAge().isPositive()
                    && Files.getLastModifiedTime(backups.get(i))
                            .toInstant()
                            .isBefore(clock.instant().minus(settings.maxAge()));
            if (tooMany || tooOld) {
                Files.deleteIfExists(backups.get(i));
            }
        }
    }

    private static boolean isBackup(String name, String stem, String ending) {
        return name.startsWith(stem + "-") && (name.endsWith(ending) || name.endsWith(ending + ".gz"));
    }

    private static String legacy(ObjectNode event) {
        JsonNode user = event.path("user");
        JsonNode as = event.path("impersonatedUser");
        JsonNode about = event.path("objectRef");
        return event.path("stageTimestamp").asText() + " AUDIT: id=" + quoted(event, "auditID") + " stage="
                + quoted(event, "stage") + " ip="
                + Json.text(event.path("sourceIPs").path(0).asText("<unknown>"))
                + " method=" + quoted(event, "verb") + " user="
                + Json.text(user.path("username").asText("<none>"))
                + " groups=" + groups(user) + " as="
                + Json.text(as.path("username").asText("<self>")) + " asgroups="
                + (as.isObject() ? groups(as) : "\"<lookup>\"") + " user-agent=" + quoted(event, "userAgent")
                + " namespace=" + Json.text(about.path("namespace").asText("<none>")) + " uri="
                + quoted(event, "requestURI") + " response="
                + Json.text(event.path("responseStatus").path("code").asText("<deferred>"));
    }

    private static String quoted(ObjectNode event, String field) {
        return Json.text(event.path(field).asText(""));
    }

    private static String groups(JsonNode user) {
        var text = new StringBuilder();
        user.path("groups")
                .forEach(group -> text.append(text.isEmpty() ? "" : ",").append(Json.text(group.asText())));
        return text.isEmpty() ? "\"<none>\"" : text.toString();
    }

    @Override
    public void close() {
        OutputStream open = out;
        out = null;
        try {
            if (open != null) {
                open.close();
            }
        } catch (IOException e) {
            // What was written is written; there is nobody to tell.
        }
    }
}
