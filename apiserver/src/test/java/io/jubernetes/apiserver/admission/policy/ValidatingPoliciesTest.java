package io.jubernetes.apiserver.admission.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What policies that check objects say of one config map.
class ValidatingPoliciesTest {
    private static final String VERSION = "admissionregistration.k8s.io/v1";
    private static final String DENIED =
            "configmaps \"m\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b'" + " denied request: ";
    private static final UserInfo JANE = new UserInfo("jane", "", List.of("people"), Map.of());

    /// Jane may read secrets, service accounts may read nothing.
    private static final Authorizer AUTHORIZER = attributes -> new Authorizer.Decision(
            attributes.user().name().equals("jane") && attributes.resource().equals("secrets")
                    ? Authorizer.Verdict.ALLOW
                    : Authorizer.Verdict.NO_OPINION,
            "");

    @TempDir
    Path folder;

    private ClusterFixture cluster;
    private ValidatingPolicies plugin;

    @BeforeEach
    void open() {
        cluster = ClusterFixture.open(folder);
        cluster.put("v1", "namespaces", "", "ns", "{metadata: {labels: {tier: gold}}}");
        plugin = new ValidatingPolicies(
                cluster.catalog(),
                cluster.storage(),
                new Matching(cluster.catalog(), cluster.storage()),
                AUTHORIZER,
                new SimpleMeterRegistry());
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void policy(String spec) {
        cluster.put(
                VERSION,
                "validatingadmissionpolicies",
                "",
                "p",
                "{spec: {matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: ['*'],"
                        + " resources: [configmaps]}]}, " + spec + "}}");
    }

    private void bind(String spec) {
        cluster.put(VERSION, "validatingadmissionpolicybindings", "", "b", "{spec: {policyName: p, " + spec + "}}");
        cluster.settle();
    }

    private AdmissionRequest creation() {
        ObjectNode map = (ObjectNode) Json.parse("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":"
                + "\"m\",\"namespace\":\"ns\"},\"data\":{\"k\":\"v\"}}");
        return cluster.write(JANE, "v1", "configmaps", "ns/m", map, null);
    }

    private String verdict() {
        ApiException refusal = catchThrowableOfType(ApiException.class, () -> plugin.validate(creation()));
        return refusal == null ? "" : String.valueOf(refusal.getMessage());
    }

    record Case(String name, String spec, String verdict) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Case one(String expression, String verdict) {
        return new Case(expression, "validations: [{expression: \"" + expression + "\"}]", verdict);
    }

    private static Case holds(String expression) {
        return one(expression, "");
    }

    /// Six loops within each other.
    private static String loops(String list) {
        String expression = "true";
        for (String variable : List.of("a", "b", "c", "d", "e", "f")) {
            expression = list + ".all(" + variable + ", " + expression + ")";
        }
        return expression;
    }

    static Stream<Case> cases() {
        String ten = "[0,1,2,3,4,5,6,7,8,9]";
        return Stream.of(
                holds("object.data.k == 'v' && oldObject == null"),
                holds("request.operation == 'CREATE' && request.userInfo.username == 'jane' && !request.dryRun"),
                holds("request.resource.resource == 'configmaps' && request.kind.kind == 'ConfigMap'"),
                holds("!has(request.subResource) && request.namespace == 'ns' && request.name == 'm'"),
                holds("namespaceObject.metadata.labels['tier'] == 'gold'"),
                holds("authorizer.group('').resource('secrets').namespace('ns').check('get').allowed()"),
                holds("!authorizer.serviceAccount('ns', 'x').group('').resource('secrets').check('get').allowed()"),
                holds("!authorizer.requestResource.check('create').allowed()"),
                one(
                        "object.data.absent == 'v'",
                        "expression 'object.data.absent == 'v'' resulted in error: no such key: absent"),
                one("object.data.k == 'w'", "failed expression: object.data.k == 'w'"),
                one(
                        loops(ten),
                        "expression '" + loops(ten) + "' resulted in error: operation cancelled: actual cost limit"
                                + " exceeded"),
                new Case(
                        "what cannot be told is let pass when it says so",
                        "failurePolicy: Ignore, validations: [{expression: object.data.absent == 1}]",
                        ""),
                new Case(
                        "variables are made of variables",
                        "variables: [{name: a, expression: size(object.data)}, {name: b, expression: variables.a + 1}],"
                                + " validations: [{expression: variables.b == 3, messageExpression: string(variables.b)}]",
                        "2"),
                new Case(
                        "a variable without a value",
                        "variables: [{name: a, expression: object.data.x}], validations: [{expression: variables.a =="
                                + " ''}]",
                        "expression 'variables.a == ''' resulted in error: composited variable \"a\" fails to evaluate:"
                                + " no such key: x"),
                new Case(
                        "an unused variable does not matter",
                        "variables: [{name: a, expression: object.data.x}], validations: [{expression: 'true'}]",
                        ""),
                new Case(
                        "the plain message stands in for its expression",
                        "validations: [{expression: 'false', message: plain, messageExpression: object.data.x}]",
                        "plain"),
                new Case(
                        "a message of several lines is none",
                        "validations: [{expression: 'false', messageExpression: \"'a\\\\nb'\"}]",
                        "failed expression: false"),
                new Case(
                        "an annotation without a value refuses",
                        "auditAnnotations: [{key: k, valueExpression: object.data.x}]",
                        "expression 'object.data.x' resulted in error: no such key: x"),
                new Case(
                        "a condition without a value refuses",
                        "matchConditions: [{name: c, expression: object.data.x == ''}], validations: [{expression:"
                                + " 'true'}]",
                        "expression 'object.data.x == ''' resulted in error: no such key: x"),
                new Case(
                        "a condition that says no is stronger than one without a value",
                        "matchConditions: [{name: c, expression: object.data.x == ''}, {name: d, expression: 'false'}],"
                                + " validations: [{expression: 'false'}]",
                        ""));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aPolicyJudges(Case tried) {
        policy(tried.spec());
        bind("validationActions: [Deny]");
        assertThat(verdict()).isEqualTo(tried.verdict().isEmpty() ? "" : DENIED + tried.verdict());
    }

    @Test
    void allExpressionsTogetherMayCostSoMuch() {
        String expression = "[0,1,2,3,4,5,6,7,8,9].all(a, [0,1,2,3,4,5,6,7,8,9].all(b, [0,1,2,3,4,5,6,7,8,9].all(c,"
                + " [0,1,2,3,4,5,6,7,8,9].all(d, true))))";
        String validation = "{expression: \"" + expression + "\"}";
        policy("validations: [" + String.join(", ", java.util.Collections.nCopies(400, validation)) + "]");
        bind("validationActions: [Deny]");
        assertThat(verdict())
                .isEqualTo(DENIED
                        + "validation failed due to running out of cost budget, no further validation rules will be"
                        + " run");
    }

    @Test
    void warningsAndNotesRefuseNothing() {
        policy("validations: [{expression: 'false', message: mind it}], auditAnnotations: [{key: who, valueExpression:"
                + " request.userInfo.username}]");
        bind("validationActions: [Warn, Audit]");
        AdmissionRequest request = creation();
        plugin.validate(request);
        assertThat(request.context().warnings())
                .containsExactly("Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': mind it");
        assertThat(request.context().annotations())
                .containsEntry("p/who", "jane")
                .containsEntry(
                        "validation.policy.admission.k8s.io/validation_failure",
                        "[{\"message\":\"mind it\",\"policy\":\"p\",\"binding\":\"b\",\"expressionIndex\":0,"
                                + "\"validationActions\":[\"Warn\",\"Audit\"]}]");
    }

    @Test
    void withoutABindingAPolicyDoesNothing() {
        policy("validations: [{expression: 'false'}]");
        cluster.settle();
        assertThat(verdict()).isEmpty();
    }

    record Params(String name, String kind, String reference, String verdict) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Params> params() {
        return Stream.of(
                new Params(
                        "by name",
                        "{apiVersion: v1, kind: ConfigMap}",
                        "{name: limits, namespace: ns, parameterNotFoundAction: Deny}",
                        "over 1"),
                new Params(
                        "in the namespace of the request",
                        "{apiVersion: v1, kind: ConfigMap}",
                        "{name: limits, parameterNotFoundAction: Deny}",
                        "over 1"),
                new Params(
                        "by labels",
                        "{apiVersion: v1, kind: ConfigMap}",
                        "{selector: {matchExpressions: [{key: role, operator: In, values: [limits]}]}, namespace: ns,"
                                + " parameterNotFoundAction: Deny}",
                        "over 1"),
                new Params(
                        "missing, which is allowed",
                        "{apiVersion: v1, kind: ConfigMap}",
                        "{name: none, namespace: ns, parameterNotFoundAction: Allow}",
                        ""),
                new Params(
                        "missing, which is not allowed",
                        "{apiVersion: v1, kind: ConfigMap}",
                        "{name: none, namespace: ns, parameterNotFoundAction: Deny}",
                        "failed to configure binding: no params found for policy binding with `Deny`"
                                + " parameterNotFoundAction"),
                new Params(
                        "in a namespace, though the kind has none",
                        "{apiVersion: v1, kind: Namespace}",
                        "{name: ns, namespace: ns, parameterNotFoundAction: Deny}",
                        "failed to configure binding: paramRef.namespace must not be provided for a cluster-scoped"
                                + " `paramKind`"));
    }

    @ParameterizedTest
    @MethodSource("params")
    void parametersAreFound(Params tried) {
        cluster.put("v1", "configmaps", "ns", "limits", "{metadata: {labels: {role: limits}}, data: {max: '1'}}");
        policy("paramKind: " + tried.kind() + ", validations: [{expression: int(params.data.max) > 1,"
                + " messageExpression: \"'over ' + params.data.max\"}]");
        bind("validationActions: [Deny], paramRef: " + tried.reference());
        assertThat(verdict()).isEqualTo(tried.verdict().isEmpty() ? "" : DENIED + tried.verdict());
    }

    @Test
    void anUnknownKindOfParametersIsTheFaultOfThePolicy() {
        policy("paramKind: {apiVersion: x.example.com/v1, kind: Cup}, validations: [{expression: params.ok}]");
        bind("validationActions: [Deny], paramRef: {name: a, parameterNotFoundAction: Deny}");
        assertThat(verdict())
                .isEqualTo("configmaps \"m\" is forbidden: ValidatingAdmissionPolicy 'p' denied request: failed to"
                        + " configure policy: failed to find resource referenced by paramKind: 'x.example.com/v1,"
                        + " Kind=Cup'");
    }

    @Test
    void aChangedPolicyCountsWithTheNextRequest() {
        policy("validations: [{expression: 'false'}]");
        bind("validationActions: [Deny]");
        assertThat(verdict()).isNotEmpty();
        cluster.remove(VERSION, "validatingadmissionpolicies", "", "p");
        cluster.settle();
        assertThat(verdict()).isEmpty();
        policy("validations: [{expression: 'false', message: again}]");
        cluster.settle();
        assertThat(verdict()).isEqualTo(DENIED + "again");
    }
}
