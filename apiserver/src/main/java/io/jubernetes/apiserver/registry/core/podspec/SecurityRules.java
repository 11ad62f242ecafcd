package io.jubernetes.apiserver.registry.core.podspec;

import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.InternalForm;
import java.util.List;

/// Security contexts of pods and containers: users, capabilities, profiles.
final class SecurityRules {
    private static final List<String> PROFILE_TYPES = List.of("Localhost", "RuntimeDefault", "Unconfined");
    private static final List<String> HOST_FLAGS = List.of("hostNetwork", "hostPID", "hostIPC");
    private static final int MAX_PROFILE = 4095;

    private SecurityRules() {}

    private static void checkId(Field id) {
        id.requireBetween(0, Integer.MAX_VALUE);
    }

    static void checkPod(SpecScope scope) {
        Field spec = scope.spec();
        Field context = spec.get("securityContext");
        checkId(context.get("fsGroup"));
        checkId(context.get("runAsUser"));
        checkId(context.get("runAsGroup"));
        context.get("supplementalGroups").items().forEach(SecurityRules::checkId);
        if (spec.get("shareProcessNamespace").isTrue() && spec.get("hostPID").isTrue()) {
            // Inside, both belong to the security context, and this is where the message points.
            context.get("shareProcessNamespace")
                    .invalid(
                            spec.get("shareProcessNamespace").value(),
                            "ShareProcessNamespace and HostPID cannot both be enabled");
        }
        SysctlRules.check(context.get("sysctls"), scope);
        context.get("fsGroupChangePolicy").requireOneOf(List.of("Always", "OnRootMismatch"));
        checkSeccomp(context.get("seccompProfile"));
        WindowsRules.checkOptions(context.get("windowsOptions"));
        checkAppArmor(context.get("appArmorProfile"));
        context.get("supplementalGroupsPolicy").requireOneOf(List.of("Merge", "Strict"));
        context.get("seLinuxChangePolicy").requireOneOf(List.of("MountOption", "Recursive"));
    }

    static void checkContainer(Field context, SpecScope scope) {
        if (!context.isSet()) {
            return;
        }
        checkId(context.get("runAsUser"));
        checkId(context.get("runAsGroup"));
        Field procMount = context.get("procMount");
        if (procMount.isSet()) {
            procMount.requireOneOf(List.of("Default", "Unmasked"));
            if (scope.hostUsers() && procMount.text().equals("Unmasked")) {
                procMount.invalid("`hostUsers` must be false to use `Unmasked`");
            }
        }
        checkSeccomp(context.get("seccompProfile"));
        Field escalation = context.get("allowPrivilegeEscalation");
        if (escalation.isSet() && !escalation.isTrue()) {
            if (context.get("privileged").isTrue()) {
                context.invalid(
                        shown(context), "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
            }
            for (Field capability : context.get("capabilities").get("add").items()) {
                if (capability.text().equals("CAP_SYS_ADMIN")) {
                    context.invalid(
                            shown(context),
                            "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
                }
            }
        }
        WindowsRules.checkOptions(context.get("windowsOptions"));
        checkAppArmor(context.get("appArmorProfile"));
    }

    private static Object shown(Field context) {
        return InternalForm.of("core.v1.SecurityContext", context.value());
    }

    private static void checkSeccomp(Field profile) {
        if (!profile.isSet()) {
            return;
        }
        Field type = profile.get("type");
        if (type.isEmpty()) {
            type.required("type is required when seccompProfile is set");
        } else {
            type.requireOneOf(PROFILE_TYPES);
        }
        Field local = profile.get("localhostProfile");
        if (type.text().equals("Localhost")) {
            if (!local.isSet()) {
                local.required("must be set when seccomp type is Localhost");
            } else {
                PathRules.checkDescending(local);
            }
        } else if (local.isSet()) {
            local.invalid(
                    InternalForm.of("core.v1.SeccompProfile", profile.value()),
                    "can only be set when seccomp type is Localhost");
        }
    }

    private static void checkAppArmor(Field profile) {
        if (!profile.isSet()) {
            return;
        }
        Field type = profile.get("type");
        Field local = profile.get("localhostProfile");
        switch (type.text()) {
            case "Localhost" -> checkLocalAppArmor(local);
            case "RuntimeDefault", "Unconfined" -> {
                if (local.isSet()) {
                    local.invalid("can only be set when AppArmor type is Localhost");
                }
            }
            case "" -> type.required("type is required when appArmorProfile is set");
            default -> type.notSupported(PROFILE_TYPES);
        }
    }

    private static void checkLocalAppArmor(Field local) {
        if (!local.isSet()) {
            local.required("must be set when AppArmor type is Localhost");
            return;
        }
        String text = local.text();
        if (!text.strip().equals(text)) {
            local.invalid("must not be padded with whitespace");
        } else if (text.isEmpty()) {
            local.required("must be set when AppArmor type is Localhost");
        }
        if (text.length() > MAX_PROFILE) {
            local.tooLong(MAX_PROFILE);
        }
    }

    /// A pod with user ids of its own cannot share the host's namespaces.
    static void checkHostUsers(SpecScope scope) {
        if (scope.hostUsers()) {
            return;
        }
        for (String flag : HOST_FLAGS) {
            if (scope.spec().get(flag).isTrue()) {
                scope.spec().get(flag).forbidden("when `hostUsers` is false");
            }
        }
        for (String list : List.of("containers", "initContainers", "ephemeralContainers")) {
            for (Field container : scope.spec().get(list).items()) {
                Field devices = container.get("volumeDevices");
                if (!devices.isEmpty()) {
                    devices.forbidden("when `hostUsers` is false");
                }
            }
        }
    }
}
