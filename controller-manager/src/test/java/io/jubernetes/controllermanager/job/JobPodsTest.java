package io.jubernetes.controllermanager.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.jubernetes.controllermanager.testing.Written;
import java.util.ArrayList;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobPodsTest {
    private static final Job JOB = Written.as(Job.class, """
            metadata: {name: j}
            spec:
              backoffLimitPerIndex: 3
              podFailurePolicy: {rules: [{action: Ignore, onExitCodes: {operator: In, values: [42]}}]}
            """);

    /// Pods as `phase/failures before/exit code`, all of index 1.
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "'', 0",
        "Failed/0/1, 1",
        "Failed/0/1 Failed/1/1, 2",
        "Failed/2/1, 3",
        "Failed/1/42, 1",
        "Failed/0/1 Failed/1/42, 1",
        "Running/1/0, 0",
    })
    void failuresOfAnIndexAreCountedOn(String pods, int failures) {
        var all = new ArrayList<Pod>();
        for (String pod : pods.isEmpty() ? new String[0] : pods.split(" ", -1)) {
            String[] parts = pod.split("/", -1);
            all.add(Written.as(Pod.class, """
                    metadata: {namespace: ns, name: p, annotations: {batch.kubernetes.io/job-completion-index: '1', batch.kubernetes.io/job-index-failure-count: '%s'}}
                    status: {phase: %s, containerStatuses: [{name: c, state: {terminated: {exitCode: %s}}}]}
                    """.formatted(parts[1], parts[0], parts[2])));
        }
        assertThat(JobPods.failuresOf(JOB, 1, all)).isEqualTo(failures);
        assertThat(JobPods.failuresOf(JOB, 0, all)).isZero();
    }
}
