package io.jubernetes.apiserver.registry.core.podspec;

import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// What differs between pods for Linux and for Windows.
final class WindowsRules {
    private static final int MAX_CREDENTIAL_KIB = 64;
    private static final int MAX_DOMAIN = 256;
    private static final int MAX_USER = 104;
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");
    private static final Pattern NETBIOS = Pattern.compile("[^\\\\/:*?\"<>|.][^\\\\/:*?\"<>|]{0,14}");
    private static final String DNS_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
    private static final Pattern DNS = Pattern.compile(DNS_LABEL + "(?:\\." + DNS_LABEL + ")*+");
    private static final Pattern BAD_USER = Pattern.compile("[\"/\\\\:;|=,+*?<>@\\[\\]]");
    private static final Pattern ONLY_DOTS = Pattern.compile("[. ]+");
    private static final String NOT_ON_WINDOWS = "cannot be set for a windows pod";
    private static final String NOT_ON_LINUX = "windows options cannot be set for a linux pod";

    /// What a pod for Windows may not set: fields of its security context, and of itself where the name has no dot.
    private static final List<String> POD_FIELDS = List.of(
            "securityContext.appArmorProfile",
            "securityContext.seLinuxOptions",
            "hostUsers",
            "hostPID",
            "hostIPC",
            "securityContext.seccompProfile",
            "securityContext.fsGroup",
            "securityContext.fsGroupChangePolicy",
            "securityContext.sysctls",
            "shareProcessNamespace",
            "securityContext.runAsUser",
            "securityContext.runAsGroup",
            "securityContext.supplementalGroups",
            "securityContext.supplementalGroupsPolicy",
            "securityContext.seLinuxChangePolicy");
    private static final List<String> CONTAINER_FIELDS = List.of(
            "appArmorProfile",
            "seLinuxOptions",
            "seccompProfile",
            "capabilities",
            "readOnlyRootFilesystem",
            "privileged",
            "allowPrivilegeEscalation",
            "procMount",
            "runAsUser",
            "runAsGroup");

    private WindowsRules() {}

    private static List<Field> containers(Field spec) {
        List<Field> all = new ArrayList<>();
        SpecScope.CONTAINER_LISTS.forEach(list -> all.addAll(spec.get(list).items()));
        return all;
    }

    static void checkOs(SpecScope scope) {
        Field os = scope.spec().get("os");
        if (!os.isSet()) {
            return;
        }
        Field name = os.get("name");
        switch (name.text()) {
            case "" -> name.required("cannot be empty");
            case "linux" -> checkLinux(scope.spec());
            case "windows" -> checkWindows(scope.spec());
            default ->
                os.report(io.jubernetes.apiserver.resource.ApiException.Cause.notSupported(
                        os.path(), name.text(), List.of("linux", "windows")));
        }
    }

    private static void checkLinux(Field spec) {
        Field own = spec.get("securityContext").get("windowsOptions");
        if (own.isSet()) {
            own.forbidden(NOT_ON_LINUX);
        }
        for (Field container : containers(spec)) {
            Field options = container.get("securityContext").get("windowsOptions");
            if (options.isSet()) {
                options.forbidden(NOT_ON_LINUX);
            }
        }
    }

    private static void checkWindows(Field spec) {
        for (String path : POD_FIELDS) {
            int dot = path.indexOf('.');
            Field field =
                    dot < 0 ? spec.get(path) : spec.get(path.substring(0, dot)).get(path.substring(dot + 1));
            boolean set = path.equals("hostPID") || path.equals("hostIPC") ? field.isTrue() : field.isSet();
            if (set) {
                field.forbidden(NOT_ON_WINDOWS);
            }
        }
        for (Field container : containers(spec)) {
            for (String name : CONTAINER_FIELDS) {
                Field field = container.get("securityContext").get(name);
                if (field.isSet()) {
                    field.forbidden(NOT_ON_WINDOWS);
                }
            }
        }
    }

    /// Containers that run as processes of the host: all of a pod or none.
    static void checkHostProcess(SpecScope scope) {
        Field spec = scope.spec();
        Field own = spec.get("securityContext").get("windowsOptions").get("hostProcess");
        int all = 0;
        int onHost = 0;
        for (Field container : containers(spec)) {
            all++;
            Field flag = container.get("securityContext").get("windowsOptions").get("hostProcess");
            if (own.isSet() && flag.isSet() && own.isTrue() != flag.isTrue()) {
                flag.invalid("pod hostProcess value must be identical if both are specified, was " + own.isTrue());
            }
            if (flag.isSet() ? flag.isTrue() : own.isTrue()) {
                onHost++;
            }
        }
        if (onHost == 0) {
            return;
        }
        if (onHost != all) {
            spec.invalid(
                    "",
                    "If pod contains any hostProcess containers then all containers must be HostProcess containers");
        }
        if (!scope.hostNetwork()) {
            spec.get("hostNetwork")
                    .invalid(false, "hostNetwork must be true if pod contains any hostProcess containers");
        }
    }

    static void checkOptions(Field options) {
        Field credentialName = options.get("gmsaCredentialSpecName");
        if (credentialName.isSet()) {
            credentialName.requireForm(NameRules::subdomain);
        }
        Field credential = options.get("gmsaCredentialSpec");
        if (credential.isSet()) {
            int length = credential.text().getBytes(StandardCharsets.UTF_8).length;
            if (length == 0) {
                credential.invalid("gmsaCredentialSpec cannot be an empty string");
            } else if (length > MAX_CREDENTIAL_KIB << 10) {
                credential.invalid("gmsaCredentialSpec size must be under " + MAX_CREDENTIAL_KIB + " KiB");
            }
        }
        Field user = options.get("runAsUserName");
        if (user.isSet()) {
            checkUser(user);
        }
    }

    private static void checkUser(Field field) {
        String text = field.text();
        String[] parts = text.split("\\\\", -1);
        if (text.isEmpty()) {
            field.invalid("runAsUserName cannot be an empty string");
            return;
        }
        if (CONTROL.matcher(text).find()) {
            field.invalid("runAsUserName cannot contain control characters");
            return;
        }
        if (parts.length > 2) {
            field.invalid("runAsUserName cannot contain more than one backslash");
            return;
        }
        if (parts.length == 2) {
            String domain = parts[0];
            if (domain.length() >= MAX_DOMAIN) {
                field.invalid("runAsUserName's Domain length must be under " + MAX_DOMAIN + " characters");
            }
            if (!NETBIOS.matcher(domain).matches() && !DNS.matcher(domain).matches()) {
                field.invalid("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
            }
        }
        String user = parts[parts.length - 1];
        if (user.isEmpty()) {
            field.invalid("runAsUserName's User cannot be empty");
        } else if (user.length() > MAX_USER) {
            field.invalid("runAsUserName's User length must not be longer than " + MAX_USER + " characters");
        }
        if (ONLY_DOTS.matcher(user).matches()) {
            field.invalid("runAsUserName's User cannot contain only periods or spaces");
        }
        if (BAD_USER.matcher(user).find()) {
            field.invalid("runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
        }
    }
}
