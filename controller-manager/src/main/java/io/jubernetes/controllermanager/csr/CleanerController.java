package io.jubernetes.controllermanager.csr;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Times;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/// Deletes certificate requests nobody needs any more: answered ones after an hour, unanswered ones after
/// a day.
public final class CleanerController {
    private static final Duration PERIOD = Duration.ofHours(1);
    private static final Duration ANSWERED = Duration.ofHours(1);
    private static final Duration UNANSWERED = Duration.ofHours(24);

    private CleanerController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<CertificateSigningRequest> requests = context.informers().of(CertificateSigningRequest.class);
        WorkQueue<String> queue = context.queue(name);
        queue.add("all");
        return Controller.of(context.runner(
                name,
                queue,
                (_, _) -> {
                    Instant now = context.clock().instant();
                    requests.all().stream()
                            .filter(request -> isOver(request, now))
                            .forEach(request -> delete(context, request));
                    return Result.again(PERIOD);
                },
                1));
    }

    static boolean isOver(CertificateSigningRequest request, Instant now) {
        boolean issued = issued(request).isPresent();
        if (request.getStatus() == null || request.getStatus().getConditions().isEmpty()) {
            return Times.parse(request.getMetadata().getCreationTimestamp())
                    .filter(created -> created.plus(UNANSWERED).isBefore(now))
                    .isPresent();
        }
        if (isExpired(request, now)) {
            return true;
        }
        return request.getStatus().getConditions().stream()
                .filter(condition -> switch (condition.getType()) {
                    case "Denied", "Failed" -> true;
                    case "Approved" -> issued;
                    default -> false;
                })
                .flatMap(condition -> Times.parse(condition.getLastUpdateTime()).stream())
                .anyMatch(since -> since.plus(ANSWERED).isBefore(now));
    }

    private static Optional<String> issued(CertificateSigningRequest request) {
        return Optional.ofNullable(request.getStatus())
                .map(status -> status.getCertificate())
                .filter(certificate -> !certificate.isEmpty());
    }

    private static boolean isExpired(CertificateSigningRequest request, Instant now) {
        return issued(request)
                .map(encoded -> {
                    try {
                        String pem = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
                        for (X509Certificate certificate : Pem.certificates(pem)) {
                            return certificate.getNotAfter().toInstant().isBefore(now);
                        }
                        return false;
                    } catch (IOException | IllegalArgumentException e) {
                        return false;
                    }
                })
                .orElse(false);
    }

    private static void delete(ControllerContext context, CertificateSigningRequest request) {
        try {
            context.raw().delete(request, null);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }
}
