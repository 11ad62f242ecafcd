package io.jubernetes.controllermanager.csr;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What the built-in signers sign. Pure.
final class SigningRules {
    static final String KUBELET_CLIENT = "kubernetes.io/kube-apiserver-client-kubelet";
    static final String KUBELET_SERVING = "kubernetes.io/kubelet-serving";
    static final String CLIENT = "kubernetes.io/kube-apiserver-client";
    static final String LEGACY = "kubernetes.io/legacy-unknown";
    /// How the users begin that nodes are.
    static final String NODE_USER = "system:node:";

    private static final Set<String> CLIENT_USAGES = Set.of("digital signature", "client auth");
    private static final Set<String> SERVER_USAGES = Set.of("digital signature", "server auth");
    private static final String KEY_ENCIPHERMENT = "key encipherment";

    private SigningRules() {}

    static boolean isBuiltIn(String signer) {
        return Set.of(KUBELET_CLIENT, KUBELET_SERVING, CLIENT, LEGACY).contains(signer);
    }

    /// Why the signer must not sign the request; empty when it may.
    static Optional<String> objection(String signer, ParsedRequest request, List<String> usages) {
        return switch (signer) {
            case KUBELET_CLIENT -> {
                if (!request.dnsNames().isEmpty() || !request.ipAddresses().isEmpty() || request.otherNames()) {
                    yield Optional.of("subject alternative names are not allowed");
                }
                yield nodeSubject(request).or(() -> usages(usages, CLIENT_USAGES));
            }
            case KUBELET_SERVING -> {
                if (request.dnsNames().isEmpty() && request.ipAddresses().isEmpty()) {
                    yield Optional.of("at least one of DNS or IP subjectAltName must be specified");
                }
                if (request.otherNames()) {
                    yield Optional.of("only DNS and IP subjectAltNames are allowed");
                }
                yield nodeSubject(request).or(() -> usages(usages, SERVER_USAGES));
            }
            case CLIENT ->
                usages.contains("client auth") ? Optional.empty() : Optional.of("usages did not include [client auth]");
            default -> Optional.empty();
        };
    }

    private static Optional<String> nodeSubject(ParsedRequest request) {
        if (!request.organizations().equals(List.of("system:nodes"))) {
            return Optional.of("subject organization is not system:nodes");
        }
        return request.commonName().startsWith(NODE_USER)
                ? Optional.empty()
                : Optional.of("subject common name does not begin with system:node:");
    }

    private static Optional<String> usages(List<String> there, Set<String> needed) {
        var rest = new java.util.HashSet<>(there);
        rest.remove(KEY_ENCIPHERMENT);
        return rest.equals(needed) ? Optional.empty() : Optional.of("usages did not match " + needed);
    }
}
