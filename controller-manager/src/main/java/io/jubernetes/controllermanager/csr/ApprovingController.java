package io.jubernetes.controllermanager.csr;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
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
import java.time.Duration;
import java.util.List;
import java.util.Set;

/// Approves the client certificates of nodes, first ones and renewals, when whoever asks is authorized to have
/// them; and the serving certificates of nodes that are authorized to have theirs approved (`create` of
/// `certificatesigningrequests/selfnodeserver`, which no role has unless an administrator binds one) and ask for
/// nothing but the addresses of their Node.
public final class ApprovingController {
    private static final Set<String> APPROVED = Set.of(SigningRules.KUBELET_CLIENT, SigningRules.KUBELET_SERVING);

    private static final Duration NODE_CHECK = Duration.ofSeconds(5);

    private ApprovingController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<CertificateSigningRequest> requests = context.informers().of(CertificateSigningRequest.class);
        WorkQueue<ObjectKey> queue = context.queue(name);
        requests.listen((_, after) -> {
            if (after != null) {
                queue.add(ObjectKey.of(after));
            }
        });
        return Controller.of(context.runner(
                name,
                queue,
                (key, _) -> requests.find(key).map(csr -> decide(context, csr)).orElseGet(Result::done)));
    }

    private static Result decide(ControllerContext context, CertificateSigningRequest csr) {
        String signer = csr.getSpec().getSignerName();
        // Without a known user nobody can be authorized.
        if (!APPROVED.contains(signer)
                || SigningController.has(csr, "Approved")
                || SigningController.has(csr, "Denied")
                || SigningController.has(csr, "Failed")
                || csr.getSpec().getUsername() == null
                || csr.getSpec().getUsername().isEmpty()) {
            return Result.done();
        }
        ParsedRequest request;
        try {
            request = ParsedRequest.of(csr);
        } catch (IOException | IllegalArgumentException e) {
            return Result.done();
        }
        if (SigningRules.objection(signer, request, csr.getSpec().getUsages()).isPresent()) {
            return Result.done();
        }
        boolean own = request.commonName().equals(csr.getSpec().getUsername());
        if (signer.equals(SigningRules.KUBELET_SERVING)) {
            return own && isAllowed(context, csr, "selfnodeserver")
                    ? decideServing(context, csr, request)
                    : Result.done();
        }
        if (own && isAllowed(context, csr, "selfnodeclient")) {
            approve(context, csr, "Auto approving self kubelet client certificate after SubjectAccessReview.");
        } else if (isAllowed(context, csr, "nodeclient")) {
            approve(context, csr, "Auto approving kubelet client certificate after SubjectAccessReview.");
        }
        return Result.done();
    }

    /// A kubelet asks before its Node has addresses.
    private static Result decideServing(
            ControllerContext context, CertificateSigningRequest csr, ParsedRequest request) {
        if (!namesItself(context, request)) {
            return Result.again(NODE_CHECK);
        }
        approve(context, csr, "Auto approving self kubelet serving certificate after SubjectAccessReview.");
        return Result.done();
    }

    private static boolean namesItself(ControllerContext context, ParsedRequest request) {
        Node node = context.client()
                .nodes()
                .withName(request.commonName().substring(SigningRules.NODE_USER.length()))
                .get();
        if (node == null || node.getStatus() == null) {
            return false;
        }
        List<String> addresses = node.getStatus().getAddresses().stream()
                .map(NodeAddress::getAddress)
                .toList();
        return addresses.containsAll(request.dnsNames()) && addresses.containsAll(request.ipAddresses());
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
