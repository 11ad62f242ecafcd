package io.jubernetes.apiserver.admission.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionChain;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.match.Matching;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.testing.ClusterFixture;
import io.jubernetes.common.codec.Json;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What policies that change objects make of one pod.
class MutatingPoliciesTest {
    private static final String VERSION = "admissionregistration.k8s.io/v1";

    @TempDir
    Path folder;

    private ClusterFixture cluster;
    private AdmissionChain chain;

    @BeforeEach
    void open() {
        cluster = ClusterFixture.open(folder);
        cluster.put("v1", "namespaces", "", "ns", "{}");
        var metrics = new SimpleMeterRegistry();
        var plugin = new MutatingPolicies(
                cluster.catalog(),
                cluster.storage(),
                new Matching(cluster.catalog(), cluster.storage()),
                Authorizer.ALWAYS_ALLOW,
                metrics);
        chain = new AdmissionChain(List.of(plugin), metrics);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void policy(String name, String mutations, String more) {
        cluster.put(
                VERSION,
                "mutatingadmissionpolicies",
                "",
                name,
                "{spec: {matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE],"
                        + " resources: [pods]}]}, mutations: [" + mutations + "]" + more + "}}");
        cluster.put(VERSION, "mutatingadmissionpolicybindings", "", name, "{spec: {policyName: " + name + "}}");
        cluster.settle();
    }

    private static String apply(String expression) {
        return "{patchType: ApplyConfiguration, applyConfiguration: {expression: \"" + expression + "\"}}";
    }

    private static String patch(String expression) {
        return "{patchType: JSONPatch, jsonPatch: {expression: \"" + expression + "\"}}";
    }

    private AdmissionRequest creation() {
        ObjectNode pod = (ObjectNode) Json.parse("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"m\","
                + "\"namespace\":\"ns\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}");
        return cluster.write(UserInfo.anonymous(), "v1", "pods", "ns/m", pod, null);
    }

    /// The pod afterwards, or the message of the refusal.
    private String outcome(String pointer) {
        AdmissionRequest request = creation();
        ApiException refusal = catchThrowableOfType(ApiException.class, () -> chain.mutate(request));
        if (refusal != null) {
            assertThat(refusal.code()).isIn(403, 500);
            return String.valueOf(refusal.getMessage());
        }
        return java.util.Objects.requireNonNull(request.object()).at(pointer).toString();
    }

    record Case(String mutation, String pointer, String outcome) {}

    static Stream<Case> cases() {
        String denied = "policy 'p' with binding 'p' denied request: ";
        return Stream.of(
                new Case(
                        apply("Object{metadata: Object.metadata{labels: {'a': request.operation}}}"),
                        "/metadata/labels",
                        "{\"a\":\"CREATE\"}"),
                new Case(
                        apply("Object{spec: Object.spec{containers: [Object.spec.containers{name: 'c', ports:"
                                + " [Object.spec.containers.ports{containerPort: 80}]}]}}"),
                        "/spec/containers/0/ports",
                        "[{\"containerPort\":80,\"protocol\":\"TCP\"}]"),
                new Case(
                        apply("Object{spec: Object.spec{initContainers: object.spec.containers.map(c,"
                                + " Object.spec.initContainers{name: 'i-' + c.name, image: c.image})}}"),
                        "/spec/initContainers/0/name",
                        "\"i-c\""),
                new Case(
                        apply("has(object.metadata.labels) ? Object{} : Object{spec: Object.spec{?hostname:"
                                + " optional.none(), nodeName: 'n'}}"),
                        "/spec/nodeName",
                        "\"n\""),
                new Case(
                        apply("Object{spec: Object.spec{nosuch: 1}}"),
                        "",
                        denied + "error applying patch: failed to convert patch object to typed object: .spec.nosuch:"
                                + " field not declared in schema"),
                new Case(
                        apply("Object{spec: Object.spec{tolerations: []}}"),
                        "",
                        denied + "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps"
                                + " or structs: .spec.tolerations"),
                new Case(
                        apply("Object{spec: Object.metadata{name: 'x'}}"),
                        "",
                        denied + "type mismatch: unexpected type name \"Object.metadata\", expected \"Object.spec\","
                                + " which matches field name path from root Object type"),
                new Case(
                        patch("[JSONPatch{op: 'add', path: '/metadata/labels', value: {'a': 'b'}}, JSONPatch{op:"
                                + " 'copy', from: '/metadata/labels/a', path: '/metadata/labels/' +"
                                + " jsonpatch.escapeKey('x/y')}]"),
                        "/metadata/labels",
                        "{\"a\":\"b\",\"x/y\":\"b\"}"),
                new Case(
                        patch("[JSONPatch{op: 'add', path: '/spec/tolerations', value: [Object.spec.tolerations{key:"
                                + " 'k', operator: 'Exists'}]}]"),
                        "/spec/tolerations/0",
                        "{\"key\":\"k\",\"operator\":\"Exists\"}"),
                new Case(
                        patch("[JSONPatch{op: 'test', path: '/spec/nodeName', value: 'x'}, JSONPatch{op: 'remove',"
                                + " path: '/spec/containers'}]"),
                        "/spec/containers/0/name",
                        "\"c\""),
                new Case(
                        patch("[JSONPatch{op: 'remove', path: '/spec/nodeName'}]"),
                        "",
                        denied + "JSON Patch: error in remove for path: '/spec/nodeName': Unable to remove nonexistent"
                                + " key: nodeName: missing value"),
                new Case(
                        patch("[JSONPatch{op: 'remove', path: '/spec/affinity/x'}]"),
                        "",
                        denied + "JSON Patch: remove operation does not apply: doc is missing path:"
                                + " \"/spec/affinity/x\": missing value"),
                new Case(
                        patch("[JSONPatch{op: 'add', path: '/spec/nosuch', value: 1}]"),
                        "",
                        "Internal error occurred: strict decoding error: unknown field \"spec.nosuch\""),
                new Case(
                        patch("[JSONPatch{op: 'add', path: '/spec/hostname', value: object.spec.none}]"),
                        "",
                        denied + "expression '[JSONPatch{op: 'add', path: '/spec/hostname', value: object.spec.none}]'"
                                + " resulted in error: no such key: none"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aMutationChangesThePodOrSaysWhyNot(Case tried) {
        policy("p", tried.mutation(), "");
        assertThat(outcome(tried.pointer())).isEqualTo(tried.outcome());
    }

    @Test
    void aFailureIsLetPassWhenThePolicySaysSo() {
        policy("p", patch("[JSONPatch{op: 'remove', path: '/spec/nodeName'}]"), ", failurePolicy: Ignore");
        assertThat(outcome("/spec/containers/0/name")).isEqualTo("\"c\"");
    }

    @Test
    void laterMutationsSeeEarlierOnes() {
        policy(
                "p",
                apply("Object{metadata: Object.metadata{labels: {'a': 'b'}}}") + ","
                        + apply("Object{metadata: Object.metadata{labels: {'c': object.metadata.labels['a']}}}"),
                "");
        assertThat(outcome("/metadata/labels")).isEqualTo("{\"a\":\"b\",\"c\":\"b\"}");
    }

    @Test
    void aPolicyLooksAgainWhenItWantsTo() {
        String count = apply("Object{metadata: Object.metadata{labels: {'%s':"
                + " string(object.metadata.?labels.orValue({}).size())}}}");
        policy("a", count.formatted("a"), ", reinvocationPolicy: IfNeeded");
        policy("b", count.formatted("b"), "");
        // The first is asked again after the second has changed the pod; the second is not.
        assertThat(outcome("/metadata/labels")).isEqualTo("{\"a\":\"2\",\"b\":\"1\"}");
    }
}
