package io.jubernetes.controllermanager.policystatus;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ExpressionWarning;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicy;
import io.jubernetes.common.cel.CelShape;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TypeCheckerTest {
    private static final JsonNode SCHEMAS = yaml("""
            Deployment:
              type: object
              properties:
                apiVersion: {type: string}
                kind: {type: string}
                metadata: {allOf: [{$ref: '#/components/schemas/Meta'}]}
                spec: {allOf: [{$ref: '#/components/schemas/Spec'}]}
            Meta: {type: object, properties: {name: {type: string},
                labels: {type: object, additionalProperties: {type: string}}}}
            Spec: {type: object, properties: {replicas: {type: integer}, paused: {type: boolean},
                maxSurge: {format: int-or-string, oneOf: [{type: integer}, {type: string}]},
                created: {type: string, format: date-time},
                more: {type: array, items: {$ref: '#/components/schemas/Spec'}}}}
            Limit: {type: object, properties: {most: {type: integer}}}
            """);

    private static final Map<String, String> KINDS = Map.of("deployments", "Deployment", "scales", "Deployment");

    private static final KnownTypes TYPES = new KnownTypes() {
        @Override
        public List<Kind> kindsOf(String group, String version, String resource) {
            return Optional.ofNullable(KINDS.get(resource)).map(kind -> new Kind(group, version, kind)).stream()
                    .toList();
        }

        @Override
        public Optional<CelShape> shapeOf(Kind kind) {
            return Optional.of(SCHEMAS.path(kind.kind()))
                    .filter(JsonNode::isObject)
                    .flatMap(schema -> new SchemaShapes(SCHEMAS, kind.kind()).root(schema));
        }
    };

    private static JsonNode yaml(String text) {
        try {
            return Yaml.read(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<ExpressionWarning> check(String spec) {
        var policy = Json.as(Json.object().set("spec", yaml(spec)), ValidatingAdmissionPolicy.class);
        return new TypeChecker(TYPES).check(policy.getSpec());
    }

    private static List<ExpressionWarning> checkExpression(String expression) {
        return check("""
                matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: ['*'],
                  resources: [deployments]}]}
                validations: [{expression: "%s"}]
                """.formatted(expression));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "object.spec.replicas <= 5",
                "object.spec.?paused.orValue(false)",
                "object.metadata.labels.all(l, l != 'x')",
                "object.spec.maxSurge == 1 || object.spec.maxSurge == '10%'",
                "object.spec.created < timestamp('2030-01-01T00:00:00Z')",
                "object.spec.more[0].replicas > 0",
                "object.spec.more[0].more[0].anything",
                "oldObject == null || request.userInfo.username == 'jane'",
                "authorizer.group('').resource('pods').check('list').allowed()",
                "namespaceObject.metadata.name == 'shop'",
            })
    void findsNothingWrongWithWhatFits(String expression) {
        assertThat(checkExpression(expression)).isEmpty();
    }

    @Test
    void tellsOfAFieldTheKindDoesNotHave() {
        assertThat(checkExpression("object.spec.replicsa > 1")).singleElement().satisfies(warning -> {
            assertThat(warning.getFieldRef()).isEqualTo("spec.validations[0].expression");
            assertThat(warning.getWarning()).isEqualTo("""
                    apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'replicsa'
                     | object.spec.replicsa > 1
                     | ...........^
                    """);
        });
    }

    @Test
    void tellsOfTypesThatDoNotGoTogether() {
        assertThat(checkExpression("object.spec.replicas > 'three'"))
                .singleElement()
                .extracting(ExpressionWarning::getWarning)
                .asString()
                .startsWith("apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_>_'"
                        + " applied to '(int, string)'");
    }

    @Test
    void checksMessagesVariablesAndParametersForEachKind() {
        List<ExpressionWarning> warnings = check("""
                paramKind: {apiVersion: example.com/v1, kind: Limit}
                matchConstraints: {resourceRules: [{apiGroups: [extensions, apps], apiVersions: [v1], operations: ['*'],
                  resources: [scales, deployments, deployments/status, '*/scale']}]}
                variables: [{name: wanted, expression: object.spec.replicas}]
                validations:
                - {expression: variables.wanted <= params.most, messageExpression: "'is ' + variables.wanted"}
                - {expression: variables.wanted <= params.least}
                """);
        assertThat(warnings)
                .extracting(ExpressionWarning::getFieldRef)
                .containsExactly("spec.validations[0].messageExpression", "spec.validations[1].expression");
        assertThat(warnings.getLast().getWarning())
                .startsWith("apps/v1, Kind=Deployment: ERROR: <input>:1:27: undefined field 'least'\n")
                .contains("\n\nextensions/v1, Kind=Deployment: ERROR: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{apiGroups: ['*'], apiVersions: [v1], resources: [deployments]}",
                "{apiGroups: [apps], apiVersions: ['*'], resources: [deployments]}",
                "{apiGroups: [apps], apiVersions: [v1], resources: ['*']}",
                "{apiGroups: [apps], apiVersions: [v1], resources: [unknowns]}",
            })
    void saysNothingOfWhatItCannotKnow(String rule) {
        assertThat(check("matchConstraints: {resourceRules: [" + rule + "]}\n"
                        + "validations: [{expression: object.nothing.of.the.kind}]"))
                .isEmpty();
    }

    @Test
    void appliesTheGenerationItHasSeen() {
        var policy = Json.as(
                yaml("{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy,"
                        + " metadata: {name: p, generation: 3}}"),
                ValidatingAdmissionPolicy.class);
        JsonNode status = PolicyStatusController.status(policy, List.of(new ExpressionWarning("f", "w")))
                .path("status");
        assertThat(status.path("observedGeneration").asInt()).isEqualTo(3);
        assertThat(status.at("/typeChecking/expressionWarnings/0/warning").asText())
                .isEqualTo("w");
    }
}
