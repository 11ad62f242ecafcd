package io.jubernetes.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.PKIXReason;

/// Why a call failed, in the words that users of the API know.
final class CallFailures {
    private static final int MAX_SHOWN = 1024;

    private CallFailures() {}

    static String shown(IOException failure, URI uri) {
        int port = uri.getPort() < 0 ? 443 : uri.getPort();
        String dial = "dial tcp " + uri.getHost() + ":" + port + ": ";
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case CertificateExpiredException _, CertificateNotYetValidException _ -> {
                    return verification("certificate has expired or is not yet valid: " + firstLine(cause));
                }
                case CertPathBuilderException _ -> {
                    return verification("certificate signed by unknown authority");
                }
                case CertPathValidatorException path
                when path.getReason() == PKIXReason.NO_TRUST_ANCHOR -> {
                    return verification("certificate signed by unknown authority");
                }
                case NamedTrust.WrongName wrong -> {
                    return verification(String.valueOf(wrong.getMessage()));
                }
                case UnresolvedAddressException _ -> {
                    return "dial tcp: lookup " + uri.getHost() + ": no such host";
                }
                case HttpConnectTimeoutException _ -> {
                    return dial + "i/o timeout";
                }
                default -> {}
            }
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                return verification(firstLine(cause));
            }
        }
        if (failure instanceof ConnectException) {
            String why = firstLine(failure);
            return dial + (why.contains("refused") || why.isEmpty() ? "connect: connection refused" : why);
        }
        String why = firstLine(failure);
        if (why.contains("received no bytes") || why.contains("EOF")) {
            return "EOF";
        }
        return why.isEmpty() ? failure.getClass().getSimpleName() : why;
    }

    private static String verification(String why) {
        return "tls: failed to verify certificate: x509: " + why;
    }

    static String firstLine(Throwable failure) {
        String message = failure instanceof com.fasterxml.jackson.core.JsonProcessingException json
                ? json.getOriginalMessage()
                : failure.getMessage();
        return message == null ? "" : message.lines().findFirst().orElse("");
    }

    /// What an answer with a status of failure says.
    static String shown(HttpResponse<byte[]> response) {
        byte[] body = response.body();
        try {
            JsonNode tree = Json.read(body);
            if (tree.path("kind").asText("").equals("Status")
                    && !tree.path("message").asText("").isEmpty()) {
                return tree.path("message").asText();
            }
        } catch (IOException e) {
            // A web server's own page, most often.
        }
        String text = new String(body, 0, Math.min(body.length, MAX_SHOWN), StandardCharsets.UTF_8).strip();
        int code = response.statusCode();
        return switch (code) {
            case 400 -> "the server rejected our request for an unknown reason";
            case 401 -> "the server has asked for the client to provide credentials";
            case 404 -> "the server could not find the requested resource";
            case 405 -> "the server does not allow this method on the requested resource";
            case 429 -> "the server has received too many requests and has asked us to try again later";
            default ->
                code >= 500
                        ? "an error on the server (" + Json.text(text.isEmpty() ? "unknown" : text)
                                + ") has prevented the request from succeeding"
                        : "the server responded with the status code " + code + " but did not return more information";
        };
    }
}
