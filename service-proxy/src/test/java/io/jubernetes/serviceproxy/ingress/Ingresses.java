package io.jubernetes.serviceproxy.ingress;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.HTTPIngressPath;
import io.fabric8.kubernetes.api.model.networking.v1.HTTPIngressPathBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.IngressBackend;
import io.fabric8.kubernetes.api.model.networking.v1.IngressBackendBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.IngressBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.IngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.IngressRuleBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/// Short builders for what the ingress controller reads.
final class Ingresses {
    static final String CLASS = "public";

    private Ingresses() {}

    static Ingress ingress(String name, IngressRule... rules) {
        return ingress(name, ingress -> ingress, rules);
    }

    static Ingress ingress(String name, UnaryOperator<IngressBuilder> more, IngressRule... rules) {
        return more.apply(new IngressBuilder()
                        .withNewMetadata()
                        .withNamespace("default")
                        .withName(name)
                        .withUid("uid-" + name)
                        .withCreationTimestamp("2026-01-01T00:00:00Z")
                        .endMetadata()
                        .withNewSpec()
                        .withIngressClassName(CLASS)
                        .withRules(Arrays.asList(rules))
                        .endSpec())
                .build();
    }

    static IngressRule rule(String host, HTTPIngressPath... paths) {
        return new IngressRuleBuilder()
                .withHost(host.isEmpty() ? null : host)
                .withNewHttp()
                .withPaths(Arrays.asList(paths))
                .endHttp()
                .build();
    }

    /// @param type `Exact`, `Prefix` or `ImplementationSpecific`
    static HTTPIngressPath path(String type, String path, String service) {
        return new HTTPIngressPathBuilder()
                .withPathType(type)
                .withPath(path)
                .withBackend(backend(service))
                .build();
    }

    static IngressBackend backend(String service) {
        return new IngressBackendBuilder()
                .withNewService()
                .withName(service)
                .withNewPort()
                .withNumber(80)
                .endPort()
                .endService()
                .build();
    }

    static UnaryOperator<IngressBuilder> tls(String secret, String... hosts) {
        return ingress -> ingress.editSpec()
                .addNewTl()
                .withSecretName(secret)
                .withHosts(List.of(hosts))
                .endTl()
                .endSpec();
    }

    static Secret secret(String name, String certificate, String key) {
        return new SecretBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(name)
                .endMetadata()
                .withType("kubernetes.io/tls")
                .withData(Map.of("tls.crt", base64(certificate), "tls.key", base64(key)))
                .build();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
