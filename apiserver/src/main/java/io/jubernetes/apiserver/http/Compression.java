package io.jubernetes.apiserver.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;
import org.springframework.http.HttpHeaders;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Compresses large answers for clients that understand gzip, with the least effort: the network is to be spared, not
/// at the price of the server's time.
final class Compression {
    /// Answers up to this size go out as they are.
    static final int THRESHOLD = 128 << 10;

    private Compression() {}

    /// Whether the client understands gzip.
    static boolean accepted(HttpHeaders request) {
        for (String header : request.getOrEmpty(HttpHeaders.ACCEPT_ENCODING)) {
            for (String encoding : header.split(",")) {
                if (encoding.split(";")[0].strip().equals("gzip")) {
                    return true;
                }
            }
        }
        return false;
    }

    /// Says in the answer that it is compressed.
    static void mark(HttpHeaders response) {
        response.set(HttpHeaders.CONTENT_ENCODING, "gzip");
        response.add(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
    }

    private static final class FastGzip extends GZIPOutputStream {
        FastGzip(OutputStream out) throws IOException {
            super(out, 16 << 10);
            def.setLevel(1);
        }
    }

    static byte[] gzip(byte[] body) {
        var out = new ByteArrayOutputStream(body.length / 4 + 64);
        try (var gzip = new FastGzip(out)) {
            gzip.write(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /// The parts compressed as one stream.
    static Flux<byte[]> gzip(Flux<byte[]> parts) {
        return Flux.defer(() -> {
            var out = new ByteArrayOutputStream(THRESHOLD);
            FastGzip gzip;
            try {
                gzip = new FastGzip(out);
            } catch (IOException e) {
                return Flux.error(e);
            }
            Flux<byte[]> body = parts.map(part -> {
                try {
                    gzip.write(part);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                return taken(out);
            });
            Mono<byte[]> tail = Mono.fromCallable(() -> {
                gzip.close();
                return taken(out);
            });
            return body.concatWith(tail).filter(part -> part.length > 0);
        });
    }

    private static byte[] taken(ByteArrayOutputStream out) {
        byte[] bytes = out.toByteArray();
        out.reset();
        return bytes;
    }
}
