package io.jubernetes.apiserver.admission.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Priorities of pods, and the classes that give them.
class PriorityTest extends PluginTest {
    private static final String VERSION = "scheduling.k8s.io/v1";

    private Priority plugin;

    @BeforeEach
    void classes() {
        cluster.put(VERSION, "priorityclasses", "", "high", "{value: 1000, preemptionPolicy: Never}");
        cluster.put(VERSION, "priorityclasses", "", "usual", "{value: 7, globalDefault: true}");
        cluster.settle();
        plugin = new Priority(cluster.storage(), cluster.resource(VERSION, "priorityclasses"));
    }

    @ParameterizedTest
    @CsvSource({
        "{spec: {priorityClassName: high}}, 1000, Never, ''",
        "{spec: {}}, 7, PreemptLowerPriority, ''",
        "'{spec: {priorityClassName: high, priority: 1000}}', 1000, Never, ''",
        "'{spec: {priorityClassName: high, priority: 5}}', 5, '', the integer value of priority (5) must not be"
                + " provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name",
        "{spec: {priorityClassName: none}}, 0, '', no PriorityClass with name none was found",
    })
    void aPodHasThePriorityOfItsClass(String body, long priority, String preemption, String refusal) {
        ObjectNode pod = object(body);

        String verdict = verdict(plugin, cluster.write(JANE, "v1", "pods", "a/x", pod, null));

        assertThat(verdict).endsWith(refusal);
        assertThat(verdict.isEmpty()).isEqualTo(refusal.isEmpty());
        assertThat(pod.at("/spec/priority").asLong()).isEqualTo(priority);
        assertThat(pod.at("/spec/preemptionPolicy").asText()).isEqualTo(preemption);
    }

    @Test
    void aReplacementThatDoesNotRepeatThePriorityKeepsIt() {
        ObjectNode pod = object("{spec: {}}");
        ObjectNode old = object("{spec: {priority: 1000, preemptionPolicy: Never}}");

        assertThat(verdict(plugin, cluster.write(JANE, "v1", "pods", "a/x", pod, old)))
                .isEmpty();
        assertThat(pod.path("spec")).isEqualTo(old.path("spec"));
    }

    @Test
    void aPodCanBeDeleted() {
        assertThat(verdict(plugin, cluster.write(JANE, "v1", "pods", "a/x", null, object("{spec: {priority: 7}}"))))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"system-node-critical, true", "system-cluster-critical, true", "high, false"})
    void theClassesOfTheSystemCannotBeDeleted(String name, boolean refused) {
        String verdict = verdict(
                plugin, cluster.write(JANE, VERSION, "priorityclasses", "/" + name, null, object("{value: 1}")));

        assertThat(verdict.endsWith("this is a system priority class and cannot be deleted"))
                .isEqualTo(refused);
        assertThat(verdict.isEmpty()).isNotEqualTo(refused);
    }
}
