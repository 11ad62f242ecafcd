package io.jubernetes.apiserver.admission.podsecurity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.MissingNode;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What each level says about a pod.
class StandardTest {
    private static final String GOOD = "'securityContext':{'allowPrivilegeEscalation':false,'runAsNonRoot':true,"
            + "'capabilities':{'drop':['ALL']},'seccompProfile':{'type':'RuntimeDefault'}}";

    private static String found(Level level, String spec) throws IOException {
        String json = "{\"spec\":" + spec.replace('\'', '"') + "}";
        return Violation.describe(Standard.violations(level, Json.read(json.getBytes(StandardCharsets.UTF_8))));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "{'containers':[{'name':'c'}]}|``",
                "{'hostPID':true}|host namespaces (hostPID=true)",
                "{'volumes':[{'name':'v','hostPath':{}}]}|hostPath volumes (volume \"v\")",
                "{'containers':[{'name':'c','ports':[{'hostPort':80}]},{'name':'d','ports':[{'hostPort':81}]}]}"
                        + "|hostPort (containers \"c\", \"d\" use hostPorts 80, 81)",
                "{'containers':[{'name':'c','securityContext':{'privileged':true}}]}"
                        + "|privileged (container \"c\" must not set securityContext.privileged=true)",
                "{'securityContext':{'seccompProfile':{'type':'Unconfined'}},'containers':[{'name':'c',"
                        + "'securityContext':{'seccompProfile':{'type':'Unconfined'}}}]}"
                        + "|seccompProfile (pod and container \"c\" must not set securityContext.seccompProfile.type"
                        + " to \"Unconfined\")",
                "{'securityContext':{'sysctls':[{'name':'kernel.msgmax'}]}}|forbidden sysctls (kernel.msgmax)",
            })
    void baselineForbidsWaysOut(String spec, String expected) throws IOException {
        assertThat(found(new Level("baseline", Level.LATEST), spec)).isEqualTo(expected);
        assertThat(found(Level.PRIVILEGED, spec)).isEmpty();
    }

    @Test
    void restrictedAsksForGoodPractice() throws IOException {
        var restricted = new Level("restricted", Level.LATEST);
        assertThat(found(restricted, "{'containers':[{'name':'c'," + GOOD + "}]}"))
                .isEmpty();
        assertThat(found(restricted, "{'volumes':[{'name':'n','nfs':{}}],'containers':[{'name':'c'," + GOOD + "}]}"))
                .isEqualTo("restricted volume types (volume \"n\" uses restricted volume type \"nfs\")");
        assertThat(found(restricted, "{'containers':[{'name':'c'}]}"))
                .startsWith("allowPrivilegeEscalation != false (container \"c\" must set")
                .contains("runAsNonRoot != true (pod or container \"c\" must set");
    }

    @Test
    void olderVersionsKnowFewerRules() throws IOException {
        String spec = "{'containers':[{'name':'c','securityContext':{'allowPrivilegeEscalation':false,"
                + "'runAsNonRoot':true}}]}";
        assertThat(found(new Level("restricted", 18), spec)).isEmpty();
        assertThat(found(new Level("restricted", 22), spec)).contains("unrestricted capabilities", "seccompProfile");
    }

    @Test
    void labelsNameTheLevels() {
        Levels levels = PodSecurityConfiguration.of(MissingNode.getInstance())
                .levels(Map.of(
                        "pod-security.kubernetes.io/enforce",
                        "baseline",
                        "pod-security.kubernetes.io/enforce-version",
                        "v1.30"));
        assertThat(levels.enforce()).hasToString("baseline:v1.30");
        assertThat(levels.warn()).isEqualTo(levels.enforce());
        assertThat(Levels.problems(Map.of("pod-security.kubernetes.io/warn", "Baseline")))
                .hasSize(1);
    }
}
