package io.jubernetes.apiserver.admission.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.storage.MutableClock;
import io.jubernetes.common.pki.CertificateAuthority;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Base64;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Plugins that are off by default, and the restriction of certificates' subjects.
class OptionalPluginsTest extends PluginTest {
    @Test
    void everyImageIsPulledAnew() {
        ObjectNode pod = object("{spec: {initContainers: [{name: i, image: a, imagePullPolicy: Never}],"
                + " containers: [{name: c, image: b}], volumes: [{name: v, image: {reference: x}}]}}");
        var plugin = new AlwaysPullImages();
        var request = cluster.write(JANE, "v1", "pods", "a/p", pod, null);
        assertThat(verdict(plugin, request)).isEmpty();
        assertThat(pod.findValuesAsText("imagePullPolicy")).containsExactly("Always", "Always");
        assertThat(pod.at("/spec/volumes/0/image/pullPolicy").asText()).isEqualTo("Always");
        ((ObjectNode) pod.at("/spec/containers/0")).put("imagePullPolicy", "Never");
        assertThatThrownBy(() -> plugin.validate(request))
                .hasMessageContaining("spec.containers[0].imagePullPolicy: Unsupported value: \"Never\": supported"
                        + " values: \"Always\"");
        // An update without new images may leave everything as it is.
        assertThat(verdict(plugin, cluster.write(JANE, "v1", "pods", "a/p", pod.deepCopy(), pod)))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "noted, '{zone: x}', '{disk=ssd, zone=x}'",
        "noted, '{disk: hdd}', pod node label selector conflicts with its namespace node label selector",
        "plain, '{}', '{pool=common}'",
        "listed, '{pool: common}', '{pool=common}'",
        "listed, '{other: x}', pod node label selector labels conflict with its namespace whitelist"
    })
    void podsAreConfinedToTheirNamespacesNodes(String namespace, String selector, String expected) {
        cluster.put(
                "v1",
                "namespaces",
                "",
                "noted",
                "{metadata: {annotations: {scheduler.alpha.kubernetes.io/node-selector: 'disk=ssd'}}}");
        cluster.put("v1", "namespaces", "", "plain", "{}");
        cluster.put("v1", "namespaces", "", "listed", "{}");
        cluster.settle();
        var plugin = new PodNodeSelector(
                cluster.storage(),
                cluster.resource("v1", "namespaces"),
                object("{podNodeSelectorPluginConfig: {clusterDefaultNodeSelector: pool=common,"
                        + " listed: 'pool=common,zone=y'}}"));
        ObjectNode pod = object("{spec: {nodeSelector: " + selector + "}}");
        String verdict = verdict(plugin, cluster.write(JANE, "v1", "pods", namespace + "/p", pod, null));
        String result = verdict.isEmpty()
                ? new java.util.TreeMap<>(io.jubernetes.apiserver.resource.Meta.strings(pod.at("/spec/nodeSelector")))
                        .toString()
                : verdict.substring(verdict.indexOf(": ") + 2);
        assertThat(result).isEqualTo(expected);
    }

    @Test
    void eventsAreLimitedByTheSecond() {
        var clock = new MutableClock();
        var plugin = new EventRateLimit(
                object("{limits: [{type: Namespace, qps: 1, burst: 2}, {type: User, qps: 100, burst: 100}]}"), clock);
        assertThat(event(plugin, "a")).isEmpty();
        assertThat(event(plugin, "a")).isEmpty();
        assertThat(event(plugin, "a")).isEqualTo("Too many requests: limit reached on type Namespace for key a");
        assertThat(event(plugin, "b")).isEmpty();
        clock.advance(Duration.ofSeconds(1));
        assertThat(event(plugin, "a")).isEmpty();
        assertThatThrownBy(() -> new EventRateLimit(object("{}"), clock)).hasMessageContaining("limits: Required");
        assertThatThrownBy(() -> new EventRateLimit(object("{limits: [{type: Server, burst: 1}]}"), clock))
                .hasMessageContaining("limits[0].qps: Invalid value: 0: must be positive");
    }

    private String event(EventRateLimit plugin, String namespace) {
        return verdict(plugin, cluster.write(JANE, "v1", "events", namespace + "/e", object("{}"), null));
    }

    @ParameterizedTest
    @CsvSource({
        "kubernetes.io/kube-apiserver-client, 'O=system:masters,CN=me', false",
        "kubernetes.io/kube-apiserver-client, 'O=a,O=system:masters,CN=me', false",
        "kubernetes.io/kube-apiserver-client, 'O=dev,CN=system:masters', true",
        "example.com/other, 'O=system:masters,CN=me', true"
    })
    void nobodyIsSignedIntoTheMasters(String signer, String subject, boolean allowed)
            throws OperatorCreationException, IOException {
        ObjectNode csr = object("{metadata: {name: x}, spec: {signerName: " + signer + "}}");
        ((ObjectNode) csr.get("spec")).put("request", request(subject));
        String verdict = verdict(
                new CertificateSubjectRestriction(),
                cluster.write(JANE, "certificates.k8s.io/v1", "certificatesigningrequests", "/x", csr, null));
        assertThat(verdict)
                .isEqualTo(
                        allowed
                                ? ""
                                : "certificatesigningrequests.certificates.k8s.io \"x\" is forbidden: use of"
                                        + " kubernetes.io/kube-apiserver-client signer with system:masters group is"
                                        + " not allowed");
    }

    private static String request(String subject) throws OperatorCreationException, IOException {
        KeyPair keys = CertificateAuthority.newKeyPair();
        String algorithm = keys.getPrivate().getAlgorithm().startsWith("EC") ? "SHA256withECDSA" : "SHA256withRSA";
        var request = new JcaPKCS10CertificationRequestBuilder(new X500Name(subject), keys.getPublic())
                .build(new JcaContentSignerBuilder(algorithm).build(keys.getPrivate()));
        var pem = new StringWriter();
        try (var writer = new JcaPEMWriter(pem)) {
            writer.writeObject(request);
        }
        return Base64.getEncoder().encodeToString(pem.toString().getBytes(StandardCharsets.US_ASCII));
    }
}
