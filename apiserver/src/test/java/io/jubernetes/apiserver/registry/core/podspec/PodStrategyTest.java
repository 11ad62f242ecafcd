package io.jubernetes.apiserver.registry.core.podspec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Checks;
import io.jubernetes.apiserver.registry.core.PodStrategy;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Rules of pods by tables: a piece of a specification, and what the API says of it.
class PodStrategyTest {
    private static final PodStrategy PODS = new PodStrategy();
    private static final String LABEL =
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or"
                    + " '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for"
                    + " validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    private static ObjectNode pod(String spec) {
        return Checks.object(PODS, "v1", "Pod", "{metadata: {name: p, namespace: n}, spec: " + spec + "}");
    }

    private static ObjectNode stored(String spec) {
        ObjectNode pod = pod(spec);
        PODS.prepareForCreate(pod);
        return pod;
    }

    private static List<String> problems(String spec) {
        return Checks.shown(PODS.validate(pod(spec)));
    }

    private static Arguments container(String fields, String... problems) {
        return Arguments.of("{containers: [{name: c, image: i, " + fields + "}]}", List.of(problems));
    }

    private static Arguments spec(String fields, String... problems) {
        return Arguments.of("{containers: [{name: c, image: i}], " + fields + "}", List.of(problems));
    }

    static Stream<Arguments> specs() {
        return Stream.of(
                spec("hostname: h"),
                Arguments.of("{}", List.of("spec.containers: Required value")),
                container("name: C", "spec.containers[0].name: Invalid value: \"C\": " + LABEL),
                container(
                        "imagePullPolicy: Now",
                        "spec.containers[0].imagePullPolicy: Unsupported value: \"Now\":"
                                + " supported values: \"Always\", \"IfNotPresent\", \"Never\""),
                container("ports: [{containerPort: 0}]", "spec.containers[0].ports[0].containerPort: Required value"),
                container(
                        "ports: [{containerPort: 1, hostPort: 5}, {containerPort: 2, hostPort: 5}]",
                        "spec.containers[0].ports[1].hostPort: Duplicate value: \"TCP//5\""),
                container(
                        "resources: {requests: {cpu: 2}, limits: {cpu: 1}}",
                        "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu"
                                + " limit of 1"),
                container(
                        "resources: {limits: {hugepages-2Mi: 4Mi}}",
                        "spec.containers[0].resources: Forbidden: HugePages require cpu or memory"),
                container(
                        "resources: {claims: [{name: x}]}",
                        "spec.containers[0].resources.claims[0]: Not found: \"x\": must be one of the names in"
                                + " pod.spec.resourceClaims which is empty"),
                container(
                        "env: [{name: A, valueFrom: {}}]",
                        "spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`,"
                                + " `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"),
                container(
                        "env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.phase}}}]",
                        "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: \"status.phase\":"
                                + " supported values: \"metadata.name\", \"metadata.namespace\", \"metadata.uid\","
                                + " \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\","
                                + " \"status.podIP\", \"status.podIPs\""),
                container(
                        "envFrom: [{}]",
                        "spec.containers[0].envFrom: Invalid value: \"\": must specify one of: `configMapRef` or"
                                + " `secretRef`"),
                container(
                        "volumeMounts: [{name: v, mountPath: /a}]",
                        "spec.containers[0].volumeMounts[0].name: Not found: \"v\""),
                container(
                        "livenessProbe: {}",
                        "spec.containers[0].livenessProbe: Required value: must specify a handler type"),
                container(
                        "livenessProbe: {tcpSocket: {port: 1}, successThreshold: 2}",
                        "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"),
                container(
                        "lifecycle: {preStop: {sleep: {seconds: 31}}}",
                        "spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than"
                                + " terminationGracePeriodSeconds (30)"),
                container(
                        "securityContext: {runAsUser: -1}",
                        "spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and"
                                + " 2147483647, inclusive"),
                container(
                        "securityContext: {seccompProfile: {type: Localhost}}",
                        "spec.containers[0].securityContext.seccompProfile.localhostProfile: Required value: must be set"
                                + " when seccomp type is Localhost"),
                container(
                        "resizePolicy: [{resourceName: disk, restartPolicy: NotRequired}]",
                        "spec.containers[0].resizePolicy: Unsupported value: \"disk\": supported values: \"cpu\","
                                + " \"memory\""),
                spec("initContainers: [{name: c, image: i}]", "spec.initContainers[0].name: Duplicate value: \"c\""),
                spec(
                        "initContainers: [{name: i, image: i, lifecycle: {preStop: {sleep: {seconds: 1}}}}]",
                        "spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without"
                                + " restartPolicy=Always"),
                spec(
                        "ephemeralContainers: [{name: e, image: i}]",
                        "spec.ephemeralContainers: Forbidden: cannot be set on create"),
                spec(
                        "volumes: [{name: v, hostPath: {path: /a/../b}}]",
                        "spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"),
                spec(
                        "volumes: [{name: v, emptyDir: {}, nfs: {server: s, path: /p}}]",
                        "spec.volumes[0].nfs: Forbidden: may not specify more than 1 volume type"),
                spec(
                        "volumes: [{name: v, secret: {secretName: s, defaultMode: 512}}]",
                        "spec.volumes[0].secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777"
                                + " (octal), both inclusive"),
                spec(
                        "volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t, expirationSeconds: 9}}]}}],"
                                + " serviceAccountName: s",
                        "spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 9: may"
                                + " not specify a duration less than 10 minutes"),
                spec(
                        "volumes: [{name: v, iscsi: {targetPortal: p, iqn: x, lun: 1}}]",
                        "spec.volumes[0].iscsi.iqn: Invalid value: \"x\": must be valid format starting with iqn, eui, or"
                                + " naa"),
                spec(
                        "dnsPolicy: None",
                        "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"),
                spec("hostNetwork: true, hostUsers: false", "spec.hostNetwork: Forbidden: when `hostUsers` is false"),
                spec(
                        "tolerations: [{operator: Exists, value: x}]",
                        "spec.tolerations[0].operator: Invalid value: \"x\": value must be empty when `operator` is"
                                + " 'Exists'"),
                spec(
                        "topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, labelSelector: {}}]",
                        "spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: \"\": supported values:"
                                + " \"DoNotSchedule\", \"ScheduleAnyway\""),
                spec(
                        "schedulingGates: [{name: a}], nodeName: n",
                        "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"),
                spec(
                        "os: {name: plan9}",
                        "spec.os: Unsupported value: \"plan9\": supported values: \"linux\", \"windows\""),
                spec("os: {name: windows}, hostPID: true", "spec.hostPID: Forbidden: cannot be set for a windows pod"),
                spec(
                        "activeDeadlineSeconds: 0",
                        "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"),
                spec(
                        "resourceClaims: [{name: r}]",
                        "spec.resourceClaims[0]: Invalid value: {\"Name\":\"r\",\"ResourceClaimName\":null,"
                                + "\"ResourceClaimTemplateName\":null}: must specify one of: `resourceClaimName`,"
                                + " `resourceClaimTemplateName`"),
                spec(
                        "resources: {limits: {ephemeral-storage: 1Gi}}",
                        "spec.resources.limits[ephemeral-storage]: Unsupported value: \"ephemeral-storage\": supported"
                                + " values: \"cpu\", \"hugepages-\", \"memory\""));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void saysWhatIsWrong(String spec, List<String> problems) {
        assertThat(problems(spec)).isEqualTo(problems);
    }

    static Stream<Arguments> classes() {
        return Stream.of(
                Arguments.of("", "BestEffort"),
                Arguments.of("resources: {requests: {cpu: 1}}", "Burstable"),
                Arguments.of("resources: {limits: {cpu: 1, memory: 1Gi}}", "Guaranteed"),
                Arguments.of("resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}", "Burstable"),
                Arguments.of("resources: {limits: {example.com/x: 1}}", "BestEffort"));
    }

    @ParameterizedTest
    @MethodSource("classes")
    void knowsTheQualityOfService(String fields, String expected) {
        ObjectNode pod = stored("{containers: [{name: c, image: i, " + fields + "}]}");

        assertThat(pod.path("status").path("qosClass").asText()).isEqualTo(expected);
    }

    static Stream<Arguments> images() {
        return Stream.of(
                Arguments.of("app", "Always"),
                Arguments.of("app:latest", "Always"),
                Arguments.of("app:1", "IfNotPresent"),
                Arguments.of("host:5000/app", "Always"),
                Arguments.of("app@sha256:" + "a".repeat(64), "IfNotPresent"),
                Arguments.of("app:latest@sha256:" + "a".repeat(64), "Always"),
                Arguments.of("Not An Image", "IfNotPresent"));
    }

    @ParameterizedTest
    @MethodSource("images")
    void pullsAsTheTagSays(String image, String policy) {
        ObjectNode pod = pod("{containers: [{name: c, image: '" + image + "'}]}");

        assertThat(pod.path("spec")
                        .path("containers")
                        .path(0)
                        .path("imagePullPolicy")
                        .asText())
                .isEqualTo(policy);
    }

    @Test
    void showsWhatAnUpdateMayNotChange() {
        ObjectNode old = stored("{containers: [{name: c, image: i}]}");
        ObjectNode changed = stored("{containers: [{name: c, image: other}], nodeSelector: {a: b}}");

        List<String> problems = Checks.shown(PODS.validateChange(changed, old, ""));

        assertThat(problems)
                .singleElement()
                .asString()
                .startsWith("spec: Forbidden: pod updates may not change fields")
                .contains("\n- \"NodeSelector\": null,\n+ \"NodeSelector\": {\n+  \"a\": \"b\"\n+ },\n")
                .doesNotContain("\"other\"");
    }

    static Stream<Arguments> updates() {
        String plain = "{containers: [{name: c, image: i}]";
        return Stream.of(
                Arguments.of(plain + "}", "{containers: [{name: c, image: j}]}", List.of()),
                Arguments.of(
                        plain + ", activeDeadlineSeconds: 5}",
                        plain + ", activeDeadlineSeconds: 6}",
                        List.of(
                                "spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value")),
                Arguments.of(
                        plain + ", tolerations: [{key: k}]}",
                        plain + "}",
                        List.of("spec.tolerations: Forbidden: existing toleration can not be modified except its"
                                + " tolerationSeconds")),
                Arguments.of(plain + "}", plain + ", tolerations: [{key: k}]}", List.of()),
                Arguments.of(plain + ", schedulingGates: [{name: a}]}", plain + ", nodeSelector: {a: b}}", List.of()),
                Arguments.of(
                        plain + "}",
                        plain + ", schedulingGates: [{name: a}]}",
                        List.of(
                                "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate"
                                        + " 'a'")),
                Arguments.of(
                        plain + "}",
                        "{containers: [{name: c, image: i}, {name: d, image: i}]}",
                        List.of("spec.containers: Forbidden: pod updates may not add or remove containers")));
    }

    @ParameterizedTest
    @MethodSource("updates")
    void letsLittleChange(String before, String after, List<String> problems) {
        ObjectNode old = stored(before);
        ObjectNode changed = pod(after);
        PODS.prepareForUpdate(changed, old);

        assertThat(Checks.shown(PODS.validateChange(changed, old, ""))).isEqualTo(problems);
    }

    static Stream<Arguments> resizes() {
        String resources = "{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1, memory: 1Gi}}";
        return Stream.of(
                Arguments.of(resources, "{limits: {cpu: 2, memory: 1Gi}, requests: {cpu: 2, memory: 1Gi}}", List.of()),
                Arguments.of(
                        resources,
                        "{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m, memory: 1Gi}}",
                        List.of(
                                "spec: Invalid value: \"Guaranteed\": Pod QOS Class may not change as a result of resizing")),
                Arguments.of(
                        resources,
                        "{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1, memory: 1Gi, ephemeral-storage: 1Gi}}",
                        List.of("spec: Forbidden: only cpu and memory resources are mutable")));
    }

    @ParameterizedTest
    @MethodSource("resizes")
    void resizesCpuAndMemory(String before, String after, List<String> problems) {
        ObjectNode old = stored("{containers: [{name: c, image: i, resources: " + before + "}]}");
        ObjectNode changed = pod("{containers: [{name: c, image: other, resources: " + after + "}]}");
        PODS.prepareForSubresource("resize", changed, old);

        assertThat(Checks.shown(PODS.validateChange(changed, old, "resize"))).isEqualTo(problems);
        assertThat(changed.path("spec").path("containers").path(0).path("image").asText())
                .isEqualTo("i");
    }

    static Stream<Arguments> warnings() {
        return Stream.of(
                Arguments.of(
                        "{containers: [{name: c, image: i, env: [{name: A, value: '1'}, {name: A, value: '2'}]}]}",
                        "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using"
                                + " apply"),
                Arguments.of(
                        "{containers: [{name: c, image: i}], nodeSelector: {beta.kubernetes.io/os: linux}}",
                        "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\""
                                + " instead"),
                Arguments.of(
                        "{containers: [{name: c, image: i}], volumes: [{name: v, gitRepo: {repository: r}}]}",
                        "spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+"),
                Arguments.of(
                        "{containers: [{name: c, image: i, ports: [{containerPort: 1}, {containerPort: 1}]}]}",
                        "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]"),
                Arguments.of(
                        "{containers: [{name: c, image: i}], terminationGracePeriodSeconds: -1}",
                        "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated"
                                + " as 1"));
    }

    @ParameterizedTest
    @MethodSource("warnings")
    void warnsOfOddities(String spec, String warning) {
        assertThat(PODS.warnings(pod(spec))).containsExactly(warning);
    }

    @Test
    void addsLabelKeysToSelectorsOnce() {
        ObjectNode pod = Checks.object(PODS, "v1", "Pod", """
                metadata: {name: p, labels: {app: a}}
                spec:
                  containers: [{name: c, image: i}]
                  topologySpreadConstraints:
                  - {maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, matchLabelKeys: [app], labelSelector: {}}
                """);

        PODS.prepareForCreate(pod);
        PODS.prepareForCreate(pod);

        assertThat(pod.path("spec")
                        .path("topologySpreadConstraints")
                        .path(0)
                        .path("labelSelector")
                        .toString())
                .isEqualTo("{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"In\",\"values\":[\"a\"]}]}");
        assertThat(PODS.validate(pod)).isEmpty();
    }
}
