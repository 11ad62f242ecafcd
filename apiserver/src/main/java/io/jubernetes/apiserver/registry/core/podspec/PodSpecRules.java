package io.jubernetes.apiserver.registry.core.podspec;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.registry.core.podspec.AnnotationRules.Moment;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.InternalForm;
import io.jubernetes.apiserver.validation.IpRules;
import io.jubernetes.apiserver.validation.MetadataRules;
import io.jubernetes.common.meta.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Everything that must hold for a pod's specification, in the order in which the API reports it.
public final class PodSpecRules {
    private static final List<String> RESTART_POLICIES = List.of("Always", "OnFailure", "Never");
    private static final List<String> DNS_POLICIES =
            List.of("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
    private static final int MAX_NAME_SERVERS = 3;
    private static final int MAX_SEARCHES = 32;
    private static final int MAX_SEARCH_TEXT = 2048;
    private static final int MAX_HOSTNAME_OVERRIDE = 64;
    // A domain of which labels may begin with an underscore.
    private static final Pattern SEARCH_DOMAIN =
            Pattern.compile("[a-z0-9_](?:[-_a-z0-9]*[a-z0-9])?+(?:\\.[a-z0-9_](?:[-_a-z0-9]*[a-z0-9])?+)*+");

    private PodSpecRules() {}

    /// Reports everything wrong with a pod's metadata of its own kind and its specification.
    ///
    /// @param old the stored pod; null for a new one
    public static void checkPod(Field pod, @Nullable JsonNode old) {
        Field spec = pod.get("spec");
        AnnotationRules.check(pod.get("metadata").get("annotations"), spec);
        Leniency leniency = old == null ? Leniency.NONE : Leniency.of(old.path("spec"));
        checkSpec(spec, true, Meta.name(pod.value()), leniency);
        if (spec.get("serviceAccountName").isEmpty()) {
            for (Field volume : spec.get("volumes").items()) {
                for (Field source : volume.get("projected").get("sources").items()) {
                    if (source.get("serviceAccountToken").isSet()) {
                        source.get("serviceAccountToken")
                                .forbidden("must not be specified when serviceAccountName is not set");
                    }
                }
            }
        }
        spec.get("containers").items().forEach(ContainerRules::checkImageOfPod);
        spec.get("initContainers").items().forEach(ContainerRules::checkImageOfPod);
    }

    /// Reports what only a new pod is held to.
    public static void checkNewPod(Field pod) {
        Field spec = pod.get("spec");
        if (!spec.get("ephemeralContainers").isEmpty()) {
            spec.get("ephemeralContainers").forbidden("cannot be set on create");
        }
        if (!spec.get("nodeName").isEmpty() && !spec.get("schedulingGates").isEmpty()) {
            spec.get("nodeName").forbidden("cannot be set until all schedulingGates have been cleared");
        }
        AnnotationRules.checkAgreement(Meta.annotations(pod.value()), spec, Moment.NEW_POD);
    }

    /// Reports everything wrong with the template of a workload's pods.
    ///
    /// @param old the stored template; null or missing for a new one
    public static void checkTemplate(Field template, @Nullable JsonNode old) {
        JsonNode meta = template.value().path("metadata");
        Map<String, String> annotations = Meta.strings(meta.path("annotations"));
        MetadataRules.labels(
                        Meta.strings(meta.path("labels")),
                        template.get("labels").path())
                .forEach(template::report);
        Field place = Field.at(template, "annotations", template.get("metadata"));
        MetadataRules.annotations(annotations, place.path()).forEach(template::report);
        Field spec = template.get("spec");
        AnnotationRules.check(place, spec);
        Leniency leniency = old == null || old.isMissingNode() ? Leniency.NONE : Leniency.of(old.path("spec"));
        checkSpec(spec, false, "", leniency);
        AnnotationRules.checkAgreement(annotations, spec, Moment.TEMPLATE);
        if (!spec.get("ephemeralContainers").isEmpty()) {
            spec.get("ephemeralContainers").forbidden("ephemeral containers not allowed in pod template");
        }
    }

    private static void checkSpec(Field spec, boolean pod, String podName, Leniency leniency) {
        if (!spec.get("terminationGracePeriodSeconds").isSet()) {
            spec.get("terminationGracePeriodSeconds").required("");
        }
        Map<String, JsonNode> volumes = VolumeRules.check(spec.get("volumes"), podName, pod, leniency);
        Set<String> claims = new HashSet<>();
        spec.get("resourceClaims")
                .items()
                .forEach(claim -> claims.add(claim.get("name").text()));
        claims.remove("");
        var scope = new SpecScope(spec, pod, podName, volumes, claims, leniency);
        checkClaims(spec.get("resourceClaims"));
        ContainerRules.checkRegular(scope);
        ContainerRules.checkInit(scope);
        ContainerRules.checkEphemeral(scope);
        ResourceRules.checkPod(scope);
        checkHostPorts(scope);
        requireOneOf(spec.get("restartPolicy"), RESTART_POLICIES);
        requireOneOf(spec.get("dnsPolicy"), DNS_POLICIES);
        Field nodeSelector = spec.get("nodeSelector");
        MetadataRules.labels(Meta.strings(nodeSelector.value()), nodeSelector.path())
                .forEach(spec::report);
        SecurityRules.checkPod(scope);
        SchedulingRules.checkAffinity(scope);
        checkDns(spec);
        for (Field gate : spec.get("readinessGates").items()) {
            gate.get("conditionType").requireForm(NameRules::qualifiedName);
        }
        SchedulingRules.checkGates(spec.get("schedulingGates"));
        SchedulingRules.checkSpread(scope);
        WindowsRules.checkHostProcess(scope);
        SecurityRules.checkHostUsers(scope);
        checkForm(spec.get("serviceAccountName"), NameRules::subdomain);
        checkForm(spec.get("nodeName"), NameRules::subdomain);
        spec.get("activeDeadlineSeconds").requireBetween(1, Integer.MAX_VALUE);
        checkForm(spec.get("hostname"), NameRules::label);
        checkForm(spec.get("subdomain"), NameRules::label);
        checkHostnameOverride(spec);
        SchedulingRules.checkTolerations(spec.get("tolerations"));
        for (Field alias : spec.get("hostAliases").items()) {
            IpRules.address(alias.get("ip"));
            alias.get("hostnames").items().forEach(name -> name.requireForm(NameRules::subdomain));
        }
        checkForm(spec.get("priorityClassName"), NameRules::subdomain);
        if (spec.get("runtimeClassName").isSet()) {
            spec.get("runtimeClassName").requireForm(NameRules::subdomain);
        }
        if (spec.get("preemptionPolicy").isSet()) {
            requireOneOf(spec.get("preemptionPolicy"), List.of("PreemptLowerPriority", "Never"));
        }
        // The overhead is checked like the limits of a container.
        ResourceRules.checkOverhead(spec.get("overhead"), scope);
        WindowsRules.checkOs(scope);
    }

    private static void requireOneOf(Field field, List<String> supported) {
        if (field.isEmpty()) {
            field.required("");
        } else {
            field.requireOneOf(supported);
        }
    }

    private static void checkForm(Field field, java.util.function.Function<String, List<String>> rule) {
        if (!field.isEmpty()) {
            field.requireForm(rule);
        }
    }

    private static void checkClaims(Field claims) {
        Set<String> names = new HashSet<>();
        for (Field claim : claims.items()) {
            Field name = claim.get("name");
            if (name.isEmpty()) {
                name.required("");
            } else if (!names.add(name.text())) {
                name.duplicate();
            } else {
                name.requireForm(NameRules::label);
            }
            Field direct = claim.get("resourceClaimName");
            Field template = claim.get("resourceClaimTemplateName");
            if (direct.isSet() && template.isSet()) {
                claim.invalid(
                        InternalForm.of("core.v1.PodResourceClaim", claim.value()),
                        "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
            }
            if (!direct.isSet() && !template.isSet()) {
                claim.invalid(
                        InternalForm.of("core.v1.PodResourceClaim", claim.value()),
                        "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
            }
            for (Field reference : List.of(direct, template)) {
                if (reference.isSet()) {
                    reference.requireForm(NameRules::subdomain);
                }
            }
        }
    }

    private static void checkHostPorts(SpecScope scope) {
        if (!scope.hostNetwork()) {
            return;
        }
        for (Field container : scope.spec().get("containers").items()) {
            for (Field port : container.get("ports").items()) {
                Field host = port.get("hostPort");
                // A template's pods get the host port when they are made.
                boolean open = !scope.pod() && host.number() == 0;
                if (!open && host.number() != port.get("containerPort").number()) {
                    host.invalid(host.number(), "must match `containerPort` when `hostNetwork` is true");
                }
            }
        }
    }

    private static void checkDns(Field spec) {
        Field config = spec.get("dnsConfig");
        Field servers = config.get("nameservers");
        if (spec.get("dnsPolicy").text().equals("None")) {
            if (!config.isSet()) {
                config.required("must provide `dnsConfig` when `dnsPolicy` is None");
                return;
            }
            if (servers.isEmpty()) {
                servers.required("must provide at least one DNS nameserver when `dnsPolicy` is None");
                return;
            }
        }
        if (servers.items().size() > MAX_NAME_SERVERS) {
            servers.invalid("must not have more than " + MAX_NAME_SERVERS + " nameservers");
        }
        servers.items().forEach(IpRules::address);
        Field searches = config.get("searches");
        if (searches.items().size() > MAX_SEARCHES) {
            searches.invalid("must not have more than " + MAX_SEARCHES + " search paths");
        }
        int length = Math.max(0, searches.items().size() - 1);
        for (Field search : searches.items()) {
            length += search.text().length();
        }
        if (length > MAX_SEARCH_TEXT) {
            searches.invalid(
                    "must not have more than " + MAX_SEARCH_TEXT + " characters (including spaces) in the search list");
        }
        searches.items().forEach(PodSpecRules::checkSearch);
        for (Field option : config.get("options").items()) {
            if (option.get("name").isEmpty()) {
                option.required("must not be empty");
            }
        }
    }

    private static void checkSearch(Field search) {
        if (search.text().equals(".")) {
            return;
        }
        String domain = search.text().endsWith(".")
                ? search.text().substring(0, search.text().length() - 1)
                : search.text();
        if (domain.length() > 253) {
            search.invalid(domain, NameRules.maxLength(253, "characters"));
        }
        if (!SEARCH_DOMAIN.matcher(domain).matches()) {
            search.invalid(
                    domain,
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-', '_' or '.', and"
                            + " must start and end with an alphanumeric character (e.g. 'example.com', regex used for"
                            + " validation is '[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')");
        }
    }

    private static void checkHostnameOverride(Field spec) {
        Field override = spec.get("hostnameOverride");
        if (!override.isSet()) {
            return;
        }
        if (spec.get("setHostnameAsFQDN").isTrue()) {
            spec.get("setHostnameAsFQDN").forbidden("must be false when `hostnameOverride` is specified");
        }
        if (spec.get("hostNetwork").isTrue()) {
            spec.get("hostNetwork").forbidden("must be false when `hostnameOverride` is specified");
        }
        override.requireForm(NameRules::subdomain);
        if (override.text().length() > MAX_HOSTNAME_OVERRIDE) {
            override.invalid(NameRules.maxLength(MAX_HOSTNAME_OVERRIDE, "characters"));
        }
    }

    /// Everything wrong with a specification that stands alone, such as a static pod's.
    public static List<Cause> causes(Field pod) {
        checkPod(pod, null);
        checkNewPod(pod);
        return pod.causes();
    }
}
