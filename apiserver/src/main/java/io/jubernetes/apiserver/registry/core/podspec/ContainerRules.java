package io.jubernetes.apiserver.registry.core.podspec;

import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.PortRules;
import io.jubernetes.common.meta.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Containers of all three sorts: regular, init and ephemeral ones.
final class ContainerRules {
    private static final List<String> MESSAGE_POLICIES = List.of("File", "FallbackToLogsOnError");
    private static final List<String> PULL_POLICIES = List.of("Always", "IfNotPresent", "Never");
    private static final List<String> RESTART_POLICIES = List.of("Always", "Never", "OnFailure");
    private static final List<String> PROTOCOLS = List.of("SCTP", "TCP", "UDP");
    private static final List<String> RESIZABLE = List.of("cpu", "memory");
    private static final List<String> RESIZE_POLICIES = List.of("NotRequired", "RestartContainer");
    private static final List<String> PROBES = List.of("livenessProbe", "readinessProbe", "startupProbe");
    /// What an ephemeral container may not have, in the order in which containers declare it.
    private static final List<String> NOT_EPHEMERAL = List.of(
            "ports",
            "resources",
            "resizePolicy",
            "restartPolicy",
            "restartPolicyRules",
            "livenessProbe",
            "readinessProbe",
            "startupProbe",
            "lifecycle");
    private static final int MAX_RESTART_RULES = 20;
    private static final int MAX_EXIT_CODES = 255;

    private ContainerRules() {}

    static void checkRegular(SpecScope scope) {
        Field containers = scope.spec().get("containers");
        if (containers.isEmpty()) {
            containers.required("");
            return;
        }
        Set<String> names = new HashSet<>();
        for (Field container : containers.items()) {
            checkCommon(container, scope);
            if (!names.add(container.get("name").text())) {
                container.get("name").duplicate();
            }
            checkLife(container, scope);
            checkRestart(container);
        }
        checkHostPorts(containers.items(), containers);
    }

    static void checkInit(SpecScope scope) {
        Set<String> names = new HashSet<>();
        for (Field container : scope.spec().get("containers").items()) {
            names.add(container.get("name").text());
        }
        Field containers = scope.spec().get("initContainers");
        for (Field container : containers.items()) {
            checkCommon(container, scope);
            checkRestart(container);
            String name = container.get("name").text();
            if (names.contains(name)) {
                container.get("name").duplicate();
            } else if (!name.isEmpty()) {
                names.add(name);
            }
            // Init containers run one after the other, so each has the host's ports for itself.
            checkHostPorts(List.of(container), containers);
            if (isSidecar(container)) {
                checkLife(container, scope);
            } else {
                for (String field : List.of("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")) {
                    if (container.get(field).isSet()) {
                        container
                                .get(field)
                                .forbidden("may not be set for init containers without restartPolicy=Always");
                    }
                }
            }
        }
    }

    static boolean isSidecar(Field initContainer) {
        return initContainer.get("restartPolicy").text().equals("Always");
    }

    static void checkEphemeral(SpecScope scope) {
        Set<String> others = new HashSet<>();
        for (String list : List.of("containers", "initContainers")) {
            for (Field container : scope.spec().get(list).items()) {
                others.add(container.get("name").text());
            }
        }
        Set<String> names = new HashSet<>(others);
        for (Field container : scope.spec().get("ephemeralContainers").items()) {
            checkCommon(container, scope);
            checkImageOfPod(container);
            if (!names.add(container.get("name").text())) {
                container.get("name").duplicate();
            }
            Field target = container.get("targetContainerName");
            if (!target.isEmpty() && !others.contains(target.text())) {
                target.notFound();
            }
            for (String field : NOT_EPHEMERAL) {
                if (!container.get(field).isEmpty()) {
                    container.get(field).forbidden("cannot be set for an Ephemeral Container");
                }
            }
            for (Field mount : container.get("volumeMounts").items()) {
                for (String field : List.of("subPath", "subPathExpr")) {
                    if (!mount.get(field).isEmpty()) {
                        mount.get(field).forbidden("cannot be set for an Ephemeral Container");
                    }
                }
            }
        }
    }

    /// What only pods are held to, not templates.
    static void checkImageOfPod(Field container) {
        Field image = container.get("image");
        if (!image.text().strip().equals(image.text())) {
            image.invalid("must not have leading or trailing whitespace");
        }
    }

    private static void checkCommon(Field container, SpecScope scope) {
        Field name = container.get("name");
        if (name.requireValue()) {
            name.requireForm(NameRules::label);
        }
        // A template's image may be filled in later, but not left out.
        container.get("image").requireValue();
        Field message = container.get("terminationMessagePolicy");
        if (message.requireValue()) {
            message.requireOneOf(MESSAGE_POLICIES);
        }
        checkPorts(container.get("ports"));
        EnvRules.check(container.get("env"), scope);
        EnvRules.checkFrom(container.get("envFrom"));
        MountRules.checkMounts(container, scope);
        MountRules.checkDevices(container, scope);
        checkPullPolicy(container.get("imagePullPolicy"));
        ResourceRules.checkContainer(container.get("resources"), scope);
        checkResizePolicy(container.get("resizePolicy"), scope);
        SecurityRules.checkContainer(container.get("securityContext"), scope);
    }

    static void checkPullPolicy(Field policy) {
        if (policy.requireValue()) {
            policy.requireOneOf(PULL_POLICIES);
        }
    }

    private static void checkPorts(Field ports) {
        Set<String> names = new HashSet<>();
        for (Field port : ports.items()) {
            Field name = port.get("name");
            if (!name.isEmpty()) {
                List<String> problems = PortRules.name(name.text());
                name.invalid(problems);
                if (problems.isEmpty() && !names.add(name.text())) {
                    name.duplicate();
                }
            }
            Field number = port.get("containerPort");
            if (number.number() == 0) {
                number.required("");
            } else {
                PortRules.checkNumber(number);
            }
            if (port.get("hostPort").number() != 0) {
                PortRules.checkNumber(port.get("hostPort"));
            }
            if (port.get("protocol").requireValue()) {
                port.get("protocol").requireOneOf(PROTOCOLS);
            }
        }
    }

    private static void checkHostPorts(List<Field> containers, Field list) {
        Set<String> taken = new HashSet<>();
        for (int i = 0; i < containers.size(); i++) {
            for (Field port : containers.get(i).get("ports").items()) {
                long number = port.get("hostPort").number();
                if (number == 0) {
                    continue;
                }
                String key =
                        port.get("protocol").text() + "/" + port.get("hostIP").text() + "/" + number;
                if (!taken.add(key)) {
                    // An init container is looked at alone, as the first of a list of one.
                    int at = port.path().indexOf(".ports");
                    String place = list.path() + "[" + i + "]" + port.path().substring(at) + ".hostPort";
                    port.report(io.jubernetes.apiserver.resource.ApiException.Cause.duplicate(place, key));
                }
            }
        }
    }

    private static void checkLife(Field container, SpecScope scope) {
        Field lifecycle = container.get("lifecycle");
        if (lifecycle.isSet()) {
            ProbeRules.checkLifecycle(lifecycle, scope);
        }
        for (String probe : PROBES) {
            if (container.get(probe).isSet()) {
                ProbeRules.check(container.get(probe), scope);
            }
        }
    }

    private static void checkRestart(Field container) {
        Field policy = container.get("restartPolicy");
        Field rules = container.get("restartPolicyRules");
        if (policy.isSet()) {
            policy.requireOneOf(RESTART_POLICIES);
        } else if (!rules.isEmpty()) {
            policy.required("must specify restartPolicy when restart rules are used");
        }
        if (policy.text().equals("Always")
                && !rules.isEmpty()
                && container.path().contains("initContainers")) {
            rules.forbidden("restartPolicyRules are not allowed for init containers with restart policy Always");
        }
        if (rules.items().size() > MAX_RESTART_RULES) {
            rules.tooLong(MAX_RESTART_RULES);
        }
        for (Field rule : rules.items()) {
            checkRestartRule(rule);
        }
    }

    private static void checkRestartRule(Field rule) {
        rule.get("action").requireListed(List.of("Restart", "RestartAllContainers"));
        Field codes = rule.get("exitCodes");
        if (!codes.isSet()) {
            codes.required("must be specified");
            return;
        }
        codes.get("operator").requireListed(List.of("In", "NotIn"));
        if (codes.get("values").items().size() > MAX_EXIT_CODES) {
            codes.get("values").tooLong(MAX_EXIT_CODES);
        }
    }

    private static void checkResizePolicy(Field policies, SpecScope scope) {
        Set<String> seen = new HashSet<>();
        for (Field policy : policies.items()) {
            Field resource = policy.get("resourceName");
            if (!seen.add(resource.text())) {
                policy.duplicate(resource.text());
            }
            checkResizeValue(policies, resource, RESIZABLE);
            Field restart = policy.get("restartPolicy");
            checkResizeValue(policies, restart, RESIZE_POLICIES);
            if (scope.restartPolicy().equals("Never") && !restart.text().equals("NotRequired")) {
                policies.invalid(restart.text(), "must be 'NotRequired' when `restartPolicy` is 'Never'");
            }
        }
    }

    /// Problems of one policy are shown at the whole list.
    private static void checkResizeValue(Field policies, Field value, List<String> supported) {
        if (value.isEmpty()) {
            policies.required("");
        } else if (!supported.contains(value.text())) {
            policies.report(io.jubernetes.apiserver.resource.ApiException.Cause.notSupported(
                    policies.path(), value.text(), supported));
        }
    }
}
