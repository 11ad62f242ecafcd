package io.jubernetes.kubelet.pod;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.jubernetes.kubelet.TestNode;
import io.jubernetes.kubelet.container.ContainerSpecs;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.ContainerPhase;
import io.jubernetes.kubelet.runtime.PodRef;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What is planned for a pod and what is said of it, for what may be found of it.
class PodStatusesTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    /// @param there containers as `name:attempt:state`, state being `run`, `new` or an exit code; `POD` is
    /// the sandbox
    /// @param plan what the plan says, see [#text]
    /// @param phase the pod's phase
    /// @param conditions the types of the true conditions
    record Case(
            String name,
            String spec,
            List<String> there,
            Map<String, ContainerHealth> health,
            boolean ended,
            String plan,
            String phase,
            String conditions) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final String ONE = "containers: [{name: a, image: i}]";
    private static final String TWO = "containers: [{name: a, image: i}, {name: b, image: i}]";
    private static final String INIT = "initContainers: [{name: x, image: i}, {name: y, image: i}], " + ONE;
    private static final String SIDECAR =
            "initContainers: [{name: s, image: i, restartPolicy: Always}, {name: y, image: i}], " + ONE;
    private static final String DEBUG = ONE + ", ephemeralContainers: [{name: d, image: i, targetContainerName: a}]";
    private static final String RULE = "containers: [{name: a, image: i, restartPolicy: Never, restartPolicyRules: "
            + "[{action: Restart, exitCodes: {operator: In, values: [42]}}]}]";
    private static final String OWN = "containers: [{name: a, image: i, restartPolicy: OnFailure}]";
    private static final String NEVER = "restartPolicy: Never, ";
    private static final String ON_FAILURE = "restartPolicy: OnFailure, ";
    private static final String STARTED = "PodReadyToStartContainers,Initialized";
    private static final String READY = STARTED + ",Ready,ContainersReady";

    private static Case of(String name, String spec, String there, String plan, String phase, String conditions) {
        return new Case(name, spec, words(there), Map.of(), false, plan, phase, conditions);
    }

    private static List<String> words(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(" "));
    }

    static Stream<Case> cases() {
        return Stream.of(
                of("nothing yet", ONE, "", "sandbox 0, start a", "Pending", "Initialized"),
                of("only a sandbox", ONE, "POD:0:run", "start a", "Pending", STARTED),
                of("runs", ONE, "POD:0:run a:0:run", "", "Running", READY),
                of("one of two", TWO, "POD:0:run a:0:run", "start b", "Pending", STARTED),
                of("crashed", ONE, "POD:0:run a:0:1", "start a", "Running", STARTED),
                of("ended well, always", ONE, "POD:0:run a:0:0", "start a", "Running", STARTED),
                of("ended well, never", NEVER + ONE, "POD:0:run a:0:0", "over", "Succeeded", STARTED),
                of("crashed, never", NEVER + ONE, "POD:0:run a:0:1", "over", "Failed", STARTED),
                of("crashed, on failure", ON_FAILURE + ONE, "POD:0:run a:0:1", "start a", "Running", STARTED),
                of("ended well, on failure", ON_FAILURE + ONE, "POD:0:run a:0:0", "over", "Succeeded", STARTED),
                of("one of two ended", NEVER + TWO, "POD:0:run a:0:0 b:0:run", "", "Running", STARTED),
                of("one failed of two", NEVER + TWO, "POD:0:run a:0:0 b:0:2", "over", "Failed", STARTED),
                of("created only", ONE, "POD:0:run a:0:new", "start a", "Pending", STARTED),
                of("first init", INIT, "POD:0:run", "start x", "Pending", "PodReadyToStartContainers"),
                of("init runs", INIT, "POD:0:run x:0:run", "", "Pending", "PodReadyToStartContainers"),
                of("second init", INIT, "POD:0:run x:0:0", "start y", "Pending", "PodReadyToStartContainers"),
                of("init failed", INIT, "POD:0:run x:0:1", "start x", "Pending", "PodReadyToStartContainers"),
                of(
                        "init failed, never",
                        NEVER + INIT,
                        "POD:0:run x:0:1",
                        "over",
                        "Failed",
                        "PodReadyToStartContainers"),
                of("init done", INIT, "POD:0:run x:0:0 y:0:0", "start a", "Pending", STARTED),
                of("all after init", INIT, "POD:0:run x:0:0 y:0:0 a:0:run", "", "Running", READY),
                of("crash after init", INIT, "POD:0:run x:0:0 y:0:0 a:0:1", "start a", "Running", STARTED),
                of("sidecar first", SIDECAR, "POD:0:run", "start s", "Pending", "PodReadyToStartContainers"),
                of("beside sidecar", SIDECAR, "POD:0:run s:0:run", "start y", "Pending", "PodReadyToStartContainers"),
                of("main with sidecar", SIDECAR, "POD:0:run s:0:run y:0:0", "start a", "Pending", STARTED),
                of("sidecar crashed", SIDECAR, "POD:0:run s:0:1 y:0:0 a:0:run", "start s", "Running", STARTED),
                of("main ended", NEVER + SIDECAR, "POD:0:run s:0:run y:0:0 a:0:0", "over", "Running", STARTED),
                of("lost sandbox", ONE, "POD:0:137 a:0:137", "sandbox 1, start a", "Running", "Initialized"),
                of(
                        "lost sandbox with init",
                        INIT,
                        "POD:0:9 x:0:0 y:0:0 a:0:9",
                        "sandbox 1, start x",
                        "Running",
                        "Initialized"),
                of("lost sandbox, never", NEVER + ONE, "POD:0:137 a:0:137", "over", "Failed", "Initialized"),
                of("debugged", DEBUG, "POD:0:run a:0:run", "start d", "Running", READY),
                of("debugger ended", DEBUG, "POD:0:run a:0:run d:0:1", "", "Running", READY),
                of("debugger alone", NEVER + DEBUG, "POD:0:run a:0:0 d:0:run", "over", "Succeeded", STARTED),
                of("by its rule", NEVER + RULE, "POD:0:run a:0:42", "start a", "Running", STARTED),
                of("not by its rule", NEVER + RULE, "POD:0:run a:0:1", "over", "Failed", STARTED),
                of("own policy", NEVER + OWN, "POD:0:run a:0:1", "start a", "Running", STARTED),
                of("own policy, ended well", NEVER + OWN, "POD:0:run a:0:0", "over", "Succeeded", STARTED),
                of("lost sandbox when done", ON_FAILURE + ONE, "POD:0:9 a:0:0", "over", "Succeeded", "Initialized"),
                new Case(
                        "not ready",
                        ONE,
                        words("POD:0:run a:0:run"),
                        Map.of("a", new ContainerHealth(true, false, Optional.empty())),
                        false,
                        "",
                        "Running",
                        STARTED),
                new Case(
                        "not alive",
                        ONE,
                        words("POD:0:run a:0:run"),
                        Map.of("a", new ContainerHealth(true, true, Optional.of("liveness probe"))),
                        false,
                        "kill a: Container a failed liveness probe, will be restarted, start a",
                        "Running",
                        READY),
                new Case(
                        "not alive, never",
                        NEVER + ONE,
                        words("POD:0:run a:0:run"),
                        Map.of("a", new ContainerHealth(false, false, Optional.of("startup probe"))),
                        false,
                        "kill a: Container a failed startup probe",
                        "Running",
                        STARTED),
                new Case(
                        "sidecar not started",
                        SIDECAR,
                        words("POD:0:run s:0:run"),
                        Map.of("s", new ContainerHealth(false, false, Optional.empty())),
                        false,
                        "",
                        "Pending",
                        "PodReadyToStartContainers"),
                new Case(
                        "deleted while running",
                        ONE,
                        words("POD:0:9 a:0:137"),
                        Map.of(),
                        true,
                        "-",
                        "Failed",
                        "Initialized"),
                new Case(
                        "deleted politely",
                        ONE,
                        words("POD:0:9 a:0:0"),
                        Map.of(),
                        true,
                        "-",
                        "Succeeded",
                        "Initialized"),
                new Case("deleted before its start", ONE, List.of(), Map.of(), true, "-", "Failed", "Initialized"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void plansAndTells(Case c) {
        Pod pod = TestNode.pod("metadata: {name: p}\nspec: {" + c.spec() + "}");
        PodState state = state(pod, c.there());
        HealthSource health = (_, container, _) -> c.health().getOrDefault(container.getName(), ContainerHealth.WELL);
        if (!c.plan().equals("-")) {
            assertThat(text(PodPlan.of(pod, state, health))).isEqualTo(c.plan());
        }
        PodStatus status = PodStatuses.of(new PodStatuses.Input(
                pod,
                state,
                health,
                Map.of(),
                c.ended(),
                Optional.empty(),
                PodStatuses.Resizing.NONE,
                List.of("192.168.0.1"),
                NOW,
                NOW));
        assertThat(status.getPhase()).isEqualTo(c.phase());
        assertThat(String.join(
                        ",",
                        status.getConditions().stream()
                                .filter(condition -> condition.getStatus().equals("True"))
                                .map(PodCondition::getType)
                                .filter(type -> !type.equals("PodScheduled"))
                                .toList()))
                .isEqualTo(c.conditions());
    }

    private static String text(PodPlan plan) {
        if (plan.isOver()) {
            return "over";
        }
        var parts = new ArrayList<String>();
        plan.sandboxAttempt().ifPresent(attempt -> parts.add("sandbox " + attempt));
        plan.kill().forEach(kill -> parts.add("kill " + kill.container().name() + ": " + kill.message()));
        plan.start().stream().map(Container::getName).forEach(name -> parts.add("start " + name));
        return String.join(", ", parts);
    }

    static PodState state(Pod pod, List<String> there) {
        var all = new ArrayList<ContainerInfo>();
        for (String text : there) {
            String[] parts = text.split(":");
            boolean sandbox = parts[0].equals("POD");
            ContainerPhase phase = switch (parts[2]) {
                case "run" -> ContainerPhase.RUNNING;
                case "new" -> ContainerPhase.CREATED;
                default -> ContainerPhase.EXITED;
            };
            int code = phase == ContainerPhase.EXITED ? Integer.parseInt(parts[2]) : 0;
            String hash = sandbox
                    ? ""
                    : ContainerSpecs.hash(Containers.named(pod, parts[0]).orElseThrow());
            all.add(new ContainerInfo(
                    parts[0] + parts[1],
                    sandbox,
                    PodRef.of(pod),
                    parts[0],
                    Integer.parseInt(parts[1]),
                    hash,
                    "i",
                    "sha256:1",
                    phase,
                    NOW,
                    phase == ContainerPhase.CREATED ? null : NOW,
                    phase == ContainerPhase.EXITED ? NOW : null,
                    code,
                    false,
                    "",
                    sandbox && phase == ContainerPhase.RUNNING ? "10.0.0.9" : null,
                    false,
                    false,
                    Optional.empty(),
                    false,
                    0,
                    io.jubernetes.kubelet.container.Resources.limits(
                            sandbox
                                    ? new io.fabric8.kubernetes.api.model.Container()
                                    : Containers.named(pod, parts[0]).orElseThrow())));
        }
        return PodState.of(all, Map.of());
    }

    /// What a container's status says.
    record Shown(String name, String spec, List<String> there, Map<String, Waiting> waiting, String expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Shown> shown() {
        var crash = Map.of("a", new Waiting("CrashLoopBackOff", "back-off"));
        var pull = Map.of("a", new Waiting("ImagePullBackOff", "no"));
        return Stream.of(
                new Shown("creating", ONE, List.of(), Map.of(), "waiting ContainerCreating, last none, 0"),
                new Shown("behind init", INIT, words("POD:0:run"), Map.of(), "waiting PodInitializing, last none, 0"),
                new Shown("pulling", ONE, words("POD:0:run"), pull, "waiting ImagePullBackOff, last none, 0"),
                new Shown("running", ONE, words("POD:0:run a:0:run"), crash, "running, last none, 0"),
                new Shown("ended", ONE, words("POD:0:run a:0:3"), Map.of(), "terminated Error 3, last none, 0"),
                new Shown("crash loop", ONE, words("POD:0:run a:0:3"), crash, "waiting CrashLoopBackOff, last 3, 0"),
                new Shown("again", ONE, words("POD:0:run a:0:3 a:1:run"), Map.of(), "running, last 3, 1"),
                new Shown("twice", ONE, words("POD:0:run a:0:3 a:1:0"), crash, "waiting CrashLoopBackOff, last 0, 1"),
                new Shown(
                        "never again",
                        NEVER + ONE,
                        words("POD:0:run a:0:3"),
                        crash,
                        "terminated Error 3, last none, 0"));
    }

    @ParameterizedTest
    @MethodSource("shown")
    void tellsOfContainers(Shown c) {
        Pod pod = TestNode.pod("metadata: {name: p}\nspec: {" + c.spec() + "}");
        ContainerStatus status = new ContainerStatuses(
                        pod, state(pod, c.there()), HealthSource.NO_PROBES, c.waiting(), false)
                .main()
                .getFirst();
        var state = status.getState();
        String now = state.getWaiting() != null
                ? "waiting " + state.getWaiting().getReason()
                : state.getRunning() != null
                        ? "running"
                        : "terminated " + state.getTerminated().getReason() + " "
                                + state.getTerminated().getExitCode();
        var last = status.getLastState().getTerminated();
        assertThat(now + ", last " + (last == null ? "none" : last.getExitCode()) + ", " + status.getRestartCount())
                .isEqualTo(c.expected());
    }

    @Test
    void tellsHowFarAResizeIs() {
        Pod pod = TestNode.pod("metadata: {name: p}\nspec: {" + ONE + "}");
        PodState state = state(pod, words("POD:0:run a:0:run"));
        var pending = new PodStatuses.Resizing(
                Optional.of(new Allocation.Pending("Deferred", "later")), false, Optional.empty());
        var stuck = new PodStatuses.Resizing(Optional.empty(), true, Optional.of("no"));
        assertThat(conditions(pod, state, pending)).contains("PodResizePending True Deferred later");
        assertThat(conditions(pod, state, stuck)).contains("PodResizeInProgress True Error no");
        assertThat(conditions(pod, state, PodStatuses.Resizing.NONE)).noneMatch(text -> text.contains("Resize"));
    }

    private static List<String> conditions(Pod pod, PodState state, PodStatuses.Resizing resizing) {
        return PodStatuses.of(new PodStatuses.Input(
                        pod,
                        state,
                        HealthSource.NO_PROBES,
                        Map.of(),
                        false,
                        Optional.empty(),
                        resizing,
                        List.of("192.168.0.1"),
                        NOW,
                        NOW))
                .getConditions()
                .stream()
                .map(condition -> condition.getType() + " " + condition.getStatus() + " " + condition.getReason() + " "
                        + condition.getMessage())
                .toList();
    }
}
