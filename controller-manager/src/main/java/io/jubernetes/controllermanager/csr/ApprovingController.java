package io.jubernetes.controllermanager.csr;

import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestConditionBuilder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Times;
import java.io.IOException;

/// Approves the client certificates of nodes, first ones and renewals, when whoever asks is authorized to have
/// them.
public final class ApprovingController {
    private ApprovingController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<CertificateSigningRequest> requests = context.informers().of(CertificateSigningRequest.class);
        WorkQueue<ObjectKey> queue = context.queue(name);
        requests.listen((_, after) -> {
            if (after != null) {
                queue.add(ObjectKey.of(after));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> {
            requests.find(key).ifPresent(csr -> approve(context, csr));
            return Result.done();
        }));
    }

    private static void approve(ControllerContext context, CertificateSigningRequest csr) {
        if (!SigningRules.KUBELET_CLIENT.equals(csr.getSpec().getSignerName())
                || SigningController.has(csr, "Approved")
                || SigningController.has(csr, "Denied")
                || SigningController.has(csr, "Failed")) {
            return;
        }
        if (csr.getSpec().getUsername() == null || csr.getSpec().getUsername().isEmpty()) {
            // Nobody is known to have asked, so nobody can be authorized.
            return;
        }
        ParsedRequest request;
        try {
            request = ParsedRequest.of(csr);
        } catch (IOException | IllegalArgumentException e) {
            return;
        }
        if (SigningRules.objection(
                        SigningRules.KUBELET_CLIENT, request, csr.getSpec().getUsages())
                .isPresent()) {
            return;
        }
        boolean own = request.commonName().equals(csr.getSpec().getUsername());
        if (own && isAllowed(context, csr, "selfnodeclient")) {
            approve(context, csr, "Auto approving self kubelet client certificate after SubjectAccessReview.");
        } else if (isAllowed(context, csr, "nodeclient")) {
            approve(context, csr, "Auto approving kubelet client certificate after SubjectAccessReview.");
        }
    }

    private static boolean isAllowed(ControllerContext context, CertificateSigningRequest csr, String subresource) {
        SubjectAccessReview review = context.client()
                .authorization()
                .v1()
                .subjectAccessReview()
                .create(new SubjectAccessReviewBuilder()
                        .withNewSpec()
                        .withUser(csr.getSpec().getUsername())
                        .withUid(csr.getSpec().getUid())
                        .withGroups(csr.getSpec().getGroups())
                        .withNewResourceAttributes()
                        .withGroup("certificates.k8s.io")
                        .withResource("certificatesigningrequests")
                        .withSubresource(subresource)
                        .withVerb("create")
                        .withVersion("*")
                        .endResourceAttributes()
                        .endSpec()
                        .build());
        return review.getStatus() != null
                && Boolean.TRUE.equals(review.getStatus().getAllowed());
    }

    private static void approve(ControllerContext context, CertificateSigningRequest csr, String message) {
        String now = Times.now(context.clock());
        context.client()
                .resource(csr.toBuilder()
                        .editOrNewStatus()
                        .addToConditions(new CertificateSigningRequestConditionBuilder()
                                .withType("Approved")
                                .withStatus("True")
                                .withReason("AutoApproved")
                                .withMessage(message)
                                .withLastUpdateTime(now)
                                .withLastTransitionTime(now)
                                .build())
                        .endStatus()
                        .build())
                .subresource("approval")
                .update();
    }
}
