package io.jubernetes.kubelet.bootstrap;

import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/// A certificate and its key in one file, `<name>-current.pem`, a link to the newest of `<name>-<time>.pem`: the
/// layout upstream's tools know. One writer; readers always find a whole pair.
public final class CertificateStore {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("uuuu-MM-dd-HH-mm-ss").withZone(ZoneOffset.UTC);

    private final Path directory;
    private final String name;
    private final Clock clock;

    /// @param name `kubelet-client` or `kubelet-server`
    public CertificateStore(Path directory, String name, Clock clock) {
        this.directory = directory;
        this.name = name;
        this.clock = clock;
    }

    /// Where the newest pair is, if there is one.
    public Path current() {
        return directory.resolve(name + "-current.pem");
    }

    /// The newest certificate; empty when there is none, when it cannot be read, or when its time is over.
    public Optional<X509Certificate> valid() {
        try {
            X509Certificate certificate = Pem.certificates(current()).getFirst();
            var _ = Pem.privateKey(current());
            Instant end = certificate.getNotAfter().toInstant();
            return end.isAfter(clock.instant()) ? Optional.of(certificate) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /// Makes a pair the current one.
    ///
    /// @param pem certificate and key
    void update(String pem) throws IOException {
        Files.createDirectories(directory);
        Path file = directory.resolve(name + "-" + STAMP.format(clock.instant()) + ".pem");
        Pem.writeSecret(file, pem);
        Path next = directory.resolve(name + "-next.pem");
        Files.deleteIfExists(next);
        Files.createSymbolicLink(next, file.getFileName());
        Files.move(next, current(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
