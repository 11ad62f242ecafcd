package io.jubernetes.apiserver.admission.podsecurity;

import static io.jubernetes.apiserver.admission.podsecurity.Standard.containers;
import static io.jubernetes.apiserver.admission.podsecurity.Standard.quote;
import static io.jubernetes.apiserver.admission.podsecurity.Standard.quoted;
import static io.jubernetes.apiserver.admission.podsecurity.Standard.setters;
import static io.jubernetes.apiserver.admission.podsecurity.Standard.sorted;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.admission.podsecurity.Standard.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the baseline level forbids: known ways out of a container. Each check answers null when the pod passes.
final class BaselineChecks {
    private static final String APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";
    private static final Set<String> CAPABILITIES = Set.of(
            "AUDIT_WRITE",
            "CHOWN",
            "DAC_OVERRIDE",
            "FOWNER",
            "FSETID",
            "KILL",
            "MKNOD",
            "NET_BIND_SERVICE",
            "SETFCAP",
            "SETGID",
            "SETPCAP",
            "SETUID",
            "SYS_CHROOT");

    /// Harmless kernel settings by the minor version that allowed them.
    private static final Map<String, Integer> SYSCTLS = Map.ofEntries(
            Map.entry("kernel.shm_rmid_forced", 0),
            Map.entry("net.ipv4.ip_local_port_range", 0),
            Map.entry("net.ipv4.tcp_syncookies", 0),
            Map.entry("net.ipv4.ping_group_range", 0),
            Map.entry("net.ipv4.ip_unprivileged_port_start", 0),
            Map.entry("net.ipv4.ip_local_reserved_ports", 27),
            Map.entry("net.ipv4.tcp_keepalive_time", 29),
            Map.entry("net.ipv4.tcp_fin_timeout", 29),
            Map.entry("net.ipv4.tcp_keepalive_intvl", 29),
            Map.entry("net.ipv4.tcp_keepalive_probes", 29),
            Map.entry("net.ipv4.tcp_rmem", 32),
            Map.entry("net.ipv4.tcp_wmem", 32));

    private BaselineChecks() {}

    static @Nullable String appArmor(Subject subject) {
        List<String> details = new ArrayList<>();
        List<String> types = new ArrayList<>();
        boolean pod = isBadProfile(subject.security(), "appArmorProfile", types);
        List<String> names =
                subject.where(container -> isBadProfile(container.path("securityContext"), "appArmorProfile", types));
        String set = setters(pod, names, "must not set AppArmor profile type to " + quoted(sorted(types)));
        if (set != null) {
            details.add(set);
        }
        List<String> annotations = new ArrayList<>();
        subject.pod().path("metadata").path("annotations").properties().forEach(entry -> {
            String value = entry.getValue().asText("");
            boolean allowed = value.isEmpty() || value.equals("runtime/default") || value.startsWith("localhost/");
            if (entry.getKey().startsWith(APP_ARMOR) && !allowed) {
                annotations.add(entry.getKey() + "=" + quote(value));
            }
        });
        if (!annotations.isEmpty()) {
            details.add((annotations.size() == 1 ? "annotation " : "annotations ")
                    + String.join(", ", sorted(annotations)));
        }
        return details.isEmpty() ? null : String.join(", ", details);
    }

    private static boolean isBadProfile(JsonNode security, String field, List<String> types) {
        String type = security.path(field).path("type").asText("");
        boolean bad = !Set.of("", "RuntimeDefault", "Localhost").contains(type);
        if (bad) {
            types.add(type);
        }
        return bad;
    }

    static @Nullable String capabilities(Subject subject) {
        return added(subject, CAPABILITIES);
    }

    /// The containers that add capabilities beyond those allowed.
    static @Nullable String added(Subject subject, Set<String> allowed) {
        List<String> forbidden = new ArrayList<>();
        List<String> names = subject.where(container -> {
            int before = forbidden.size();
            for (JsonNode added :
                    container.path("securityContext").path("capabilities").path("add")) {
                if (!allowed.contains(added.asText())) {
                    forbidden.add(added.asText());
                }
            }
            return forbidden.size() > before;
        });
        return names.isEmpty()
                ? null
                : containers(names) + " must not include " + quoted(sorted(forbidden))
                        + " in securityContext.capabilities.add";
    }

    static @Nullable String hostNamespaces(Subject subject) {
        List<String> shared = new ArrayList<>();
        for (String field : List.of("hostNetwork", "hostPID", "hostIPC")) {
            if (subject.spec().path(field).asBoolean(false)) {
                shared.add(field + "=true");
            }
        }
        return shared.isEmpty() ? null : String.join(", ", shared);
    }

    static @Nullable String hostPaths(Subject subject) {
        List<String> names = new ArrayList<>();
        for (JsonNode volume : subject.spec().path("volumes")) {
            if (volume.hasNonNull("hostPath")) {
                names.add(volume.path("name").asText(""));
            }
        }
        return names.isEmpty() ? null : (names.size() == 1 ? "volume " : "volumes ") + quoted(names);
    }

    static @Nullable String hostPorts(Subject subject) {
        List<String> ports = new ArrayList<>();
        List<String> names = subject.where(container -> {
            int before = ports.size();
            for (JsonNode port : container.path("ports")) {
                if (port.path("hostPort").asInt(0) != 0) {
                    ports.add(port.path("hostPort").asText());
                }
            }
            return ports.size() > before;
        });
        List<String> all = sorted(ports);
        return names.isEmpty()
                ? null
                : containers(names)
                        + (names.size() == 1 ? " uses" : " use")
                        + (all.size() == 1 ? " hostPort " : " hostPorts ")
                        + String.join(", ", all);
    }

    static @Nullable String probeHosts(Subject subject) {
        List<String> hosts = new ArrayList<>();
        List<String> names = subject.where(container -> {
            int before = hosts.size();
            for (String probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
                addHosts(hosts, container.path(probe));
            }
            addHosts(hosts, container.path("lifecycle").path("postStart"));
            addHosts(hosts, container.path("lifecycle").path("preStop"));
            return hosts.size() > before;
        });
        List<String> all = sorted(hosts);
        return names.isEmpty()
                ? null
                : containers(names) + (names.size() == 1 ? " uses" : " use") + " probe or lifecycle "
                        + (all.size() == 1 ? "host " : "hosts ") + quoted(all);
    }

    private static void addHosts(List<String> hosts, JsonNode handler) {
        for (String action : List.of("httpGet", "tcpSocket")) {
            String host = handler.path(action).path("host").asText("");
            if (!host.isEmpty()) {
                hosts.add(host);
            }
        }
    }

    static @Nullable String privileged(Subject subject) {
        List<String> names = subject.where(container ->
                container.path("securityContext").path("privileged").asBoolean(false));
        return setters(false, names, "must not set securityContext.privileged=true");
    }

    static @Nullable String procMount(Subject subject) {
        if (subject.hasOwnUsers()) {
            return null;
        }
        List<String> types = new ArrayList<>();
        List<String> names = subject.where(container -> {
            String type = container.path("securityContext").path("procMount").asText("Default");
            if (!type.equals("Default")) {
                types.add(type);
            }
            return !type.equals("Default");
        });
        return setters(false, names, "must not set securityContext.procMount to " + quoted(sorted(types)));
    }

    static @Nullable String seLinux(Subject subject) {
        List<String> types = new ArrayList<>();
        List<String> fields = new ArrayList<>();
        boolean pod = isBadSeLinux(subject, subject.security(), types, fields);
        List<String> names =
                subject.where(container -> isBadSeLinux(subject, container.path("securityContext"), types, fields));
        List<String> problems = new ArrayList<>();
        List<String> all = sorted(types);
        if (!all.isEmpty()) {
            problems.add((all.size() == 1 ? "type " : "types ") + quoted(all));
        }
        for (String field : List.of("user", "role")) {
            if (fields.contains(field)) {
                problems.add(field + " may not be set");
            }
        }
        return setters(pod, names, "set forbidden securityContext.seLinuxOptions: " + String.join("; ", problems));
    }

    private static boolean isBadSeLinux(Subject subject, JsonNode security, List<String> types, List<String> fields) {
        JsonNode options = security.path("seLinuxOptions");
        String type = options.path("type").asText("");
        boolean engine = type.equals("container_engine_t") && subject.level().minor() >= 31;
        boolean bad = !engine
                && !Set.of("", "container_t", "container_init_t", "container_kvm_t")
                        .contains(type);
        if (bad) {
            types.add(type);
        }
        for (String field : List.of("user", "role")) {
            if (!options.path(field).asText("").isEmpty()) {
                fields.add(field);
                bad = true;
            }
        }
        return bad;
    }

    static @Nullable String seccomp(Subject subject) {
        List<String> types = new ArrayList<>();
        boolean pod = isBadProfile(subject.security(), "seccompProfile", types);
        List<String> names =
                subject.where(container -> isBadProfile(container.path("securityContext"), "seccompProfile", types));
        return setters(pod, names, "must not set securityContext.seccompProfile.type to " + quoted(sorted(types)));
    }

    static @Nullable String sysctls(Subject subject) {
        List<String> forbidden = new ArrayList<>();
        for (JsonNode sysctl : subject.security().path("sysctls")) {
            String name = sysctl.path("name").asText("");
            Integer since = SYSCTLS.get(name);
            if (since == null || subject.level().minor() < since) {
                forbidden.add(name);
            }
        }
        return forbidden.isEmpty() ? null : String.join(", ", forbidden);
    }

    static @Nullable String hostProcess(Subject subject) {
        List<String> names = subject.where(container -> isHostProcess(container.path("securityContext")));
        return setters(
                isHostProcess(subject.security()),
                names,
                "must not set securityContext.windowsOptions.hostProcess=true");
    }

    private static boolean isHostProcess(JsonNode security) {
        return security.path("windowsOptions").path("hostProcess").asBoolean(false);
    }
}
