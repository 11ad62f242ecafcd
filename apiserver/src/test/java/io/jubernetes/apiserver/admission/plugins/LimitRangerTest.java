package io.jubernetes.apiserver.admission.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Defaults and bounds of limit ranges.
class LimitRangerTest {
    private static final String RANGE = "{'spec':{'limits':[{'type':'Container','default':{'cpu':'500m'},"
            + "'defaultRequest':{'cpu':'100m'},'min':{'cpu':'50m'},'max':{'cpu':'1'},"
            + "'maxLimitRequestRatio':{'cpu':'8'}},{'type':'PersistentVolumeClaim','max':{'storage':'1Gi'}}]}}";

    private static ObjectNode json(String text) throws IOException {
        return (ObjectNode) Json.read(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    private static ObjectNode pod(String resources) throws IOException {
        return json("{'metadata':{},'spec':{'containers':[{'name':'c','resources':" + resources + "}]}}");
    }

    @Test
    void missingAmountsAreFilledInAndNoted() throws IOException {
        ObjectNode pod = pod("{'requests':{'cpu':'200m'}}");
        LimitRanger.applyDefaults(json(RANGE), pod);
        assertThat(pod.at("/spec/containers/0/resources"))
                .isEqualTo(json("{'requests':{'cpu':'200m'},'limits':{'cpu':'500m'}}"));
        assertThat(pod.at("/metadata/annotations/kubernetes.io~1limit-ranger").asText())
                .isEqualTo("LimitRanger plugin set: cpu limit for container c");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "{'requests':{'cpu':'100m'},'limits':{'cpu':'500m'}}|``",
                "{'requests':{'cpu':'10m'},'limits':{'cpu':'60m'}}"
                        + "|minimum cpu usage per Container is 50m, but request is 10m",
                "{'requests':{'cpu':'1'},'limits':{'cpu':'2'}}|maximum cpu usage per Container is 1, but limit is 2",
                "{'requests':{'cpu':'60m'},'limits':{'cpu':'600m'}}"
                        + "|cpu max limit to request ratio per Container is 8, but provided ratio is 10.000000",
            })
    void containersStayWithinTheirBounds(String resources, String problem) throws IOException {
        assertThat(String.join(", ", LimitRanger.podProblems(json(RANGE), pod(resources))))
                .isEqualTo(problem);
    }

    @Test
    void claimsStayWithinTheirBounds() throws IOException {
        ObjectNode claim = json("{'spec':{'resources':{'requests':{'storage':'2Gi'}}}}");
        assertThat(LimitRanger.claimProblems(json(RANGE), claim))
                .containsExactly("maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi");
    }

    @Test
    void anInitContainerCountsBesideTheSidecarsBeforeIt() throws IOException {
        ObjectNode spec = json("{'containers':[{'resources':{'requests':{'cpu':'1'}}}],'initContainers':["
                + "{'restartPolicy':'Always','resources':{'requests':{'cpu':'1'}}},"
                + "{'resources':{'requests':{'cpu':'3'}}}]}");
        assertThat(PodAmounts.ofPod(spec, "requests").toString()).isEqualTo("{cpu=4}");
    }
}
