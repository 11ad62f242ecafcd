package io.jubernetes.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.jubernetes.kubelet.runtime.docker.DockerEndpoint;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The Docker Engine goes away under the kubelet and comes back.
class EngineRestartTest {
    @Test
    void podsComeBackWithTheEngine() throws Exception {
        TestDocker.require();
        try (var engine = new TestDocker.Private();
                var node = new TestNode("restart", "10.244.203.0/24", DockerEndpoint.of(engine.endpoint(), Map.of()))) {
            Pod pod = node.run("""
                    metadata: {name: survivor}
                    spec:
                      containers:
                      - {name: main, image: IMG, command: [sleep, "1000"]}
                    """.replace("IMG", TestDocker.IMAGE));
            node.await(pod, TestNode::isReady);

            engine.stop();
            Instant back = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            Pod late = node.run("""
                    metadata: {name: late}
                    spec:
                      containers:
                      - {name: main, image: IMG, command: [sleep, "1000"]}
                    """.replace("IMG", TestDocker.IMAGE));
            engine.startAgain();

            PodStatus status = node.await(
                    pod,
                    Duration.ofSeconds(60),
                    current -> TestNode.isReady(current)
                            && current.getContainerStatuses().getFirst().getRestartCount() >= 1
                            && !Instant.parse(current.getContainerStatuses()
                                            .getFirst()
                                            .getState()
                                            .getRunning()
                                            .getStartedAt())
                                    .isBefore(back));
            assertThat(status.getContainerStatuses().getFirst().getLastState().getTerminated())
                    .isNotNull();
            node.await(late, Duration.ofSeconds(60), TestNode::isReady);
        }
    }
}
