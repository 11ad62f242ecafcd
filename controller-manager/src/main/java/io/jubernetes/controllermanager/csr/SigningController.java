package io.jubernetes.controllermanager.csr;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestCondition;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestConditionBuilder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.pki.CertificateAuthority;
import io.jubernetes.common.pki.CertificateRequest;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Times;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// Signs approved requests of the built-in signers with the cluster's authority.
public final class SigningController {
    private static final Duration SHORTEST = Duration.ofMinutes(10);

    private final ControllerContext context;
    private final CertificateAuthority authority;

    private SigningController(ControllerContext context, CertificateAuthority authority) {
        this.context = context;
        this.authority = authority;
    }

    /// Empty without an authority to sign with.
    public static Optional<Controller> create(String name, ControllerContext context) {
        Path certificate = context.settings().signingCertificate();
        Path key = context.settings().signingKey();
        if (certificate == null || key == null) {
            return Optional.empty();
        }
        SigningController controller;
        try {
            controller = new SigningController(context, CertificateAuthority.load(certificate, key, context.clock()));
        } catch (IOException e) {
            throw new UncheckedIOException("--cluster-signing-cert-file: " + e.getMessage(), e);
        }
        Informed<CertificateSigningRequest> requests = context.informers().of(CertificateSigningRequest.class);
        WorkQueue<ObjectKey> queue = context.queue(name);
        requests.listen((_, after) -> {
            if (after != null) {
                queue.add(ObjectKey.of(after));
            }
        });
        return Optional.of(Controller.of(context.runner(name, queue, (request, _) -> {
            requests.find(request).ifPresent(controller::sign);
            return Result.done();
        })));
    }

    private void sign(CertificateSigningRequest csr) {
        boolean open = csr.getStatus() == null
                || csr.getStatus().getCertificate() == null
                || csr.getStatus().getCertificate().isEmpty();
        if (!open || !has(csr, "Approved") || has(csr, "Denied") || has(csr, "Failed")) {
            return;
        }
        String signer = csr.getSpec().getSignerName();
        if (!SigningRules.isBuiltIn(signer)) {
            return;
        }
        List<String> usages = csr.getSpec().getUsages();
        ParsedRequest request;
        try {
            request = ParsedRequest.of(csr);
        } catch (IOException | IllegalArgumentException e) {
            fail(csr, String.valueOf(e.getMessage()));
            return;
        }
        Optional<String> objection = SigningRules.objection(signer, request, usages);
        if (objection.isPresent()) {
            fail(csr, objection.get());
            return;
        }
        var wanted = new CertificateRequest(
                request.commonName(),
                request.organizations(),
                request.dnsNames(),
                request.ipAddresses(),
                usages.contains("client auth"),
                usages.contains("server auth"),
                validity(csr));
        String pem = Pem.text(authority.issue(request.subject(), wanted, request.publicKey()));
        context.client()
                .resource(csr.toBuilder()
                        .editOrNewStatus()
                        .withCertificate(Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.UTF_8)))
                        .endStatus()
                        .build())
                .subresource("status")
                .update();
    }

    private Duration validity(CertificateSigningRequest csr) {
        Duration longest = context.settings().signingDuration();
        Integer seconds = csr.getSpec().getExpirationSeconds();
        if (seconds == null) {
            return longest;
        }
        Duration asked = Duration.ofSeconds(seconds);
        if (asked.compareTo(SHORTEST) < 0) {
            return SHORTEST;
        }
        return asked.compareTo(longest) < 0 ? asked : longest;
    }

    private void fail(CertificateSigningRequest csr, String why) {
        String now = Times.now(context.clock());
        var conditions = new ArrayList<CertificateSigningRequestCondition>(
                Objects.requireNonNull(csr.getStatus()).getConditions());
        conditions.add(new CertificateSigningRequestConditionBuilder()
                .withType("Failed")
                .withStatus("True")
                .withReason("SignerValidationFailure")
                .withMessage(why)
                .withLastUpdateTime(now)
                .withLastTransitionTime(now)
                .build());
        context.client()
                .resource(csr.toBuilder()
                        .editOrNewStatus()
                        .withConditions(conditions)
                        .endStatus()
                        .build())
                .subresource("status")
                .update();
    }

    static boolean has(CertificateSigningRequest csr, String type) {
        return csr.getStatus() != null
                && csr.getStatus().getConditions().stream().anyMatch(condition -> type.equals(condition.getType()));
    }
}
