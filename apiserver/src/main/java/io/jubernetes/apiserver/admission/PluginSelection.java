package io.jubernetes.apiserver.admission;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Which plugins run, and in which order: upstream's, whatever order they are named in. Plugins that upstream does not
/// know by a name are rules of their kinds; they always run, behind all plugins that may change an object.
///
/// @param enabled in addition to those that are on by default
/// @param disabled although they are on by default
public record PluginSelection(Set<String> enabled, Set<String> disabled) {
    private static final List<String> ORDER = List.of(
            "AlwaysAdmit",
            "NamespaceAutoProvision",
            "NamespaceLifecycle",
            "NamespaceExists",
            "LimitPodHardAntiAffinityTopology",
            "LimitRanger",
            "ServiceAccount",
            "NodeRestriction",
            "TaintNodesByCondition",
            "AlwaysPullImages",
            "ImagePolicyWebhook",
            "PodSecurity",
            "PodNodeSelector",
            "Priority",
            "DefaultTolerationSeconds",
            "PodTolerationRestriction",
            "EventRateLimit",
            "ExtendedResourceToleration",
            "DefaultStorageClass",
            "StorageObjectInUseProtection",
            "PodGroupProtection",
            "OwnerReferencesPermissionEnforcement",
            "PersistentVolumeClaimResize",
            "RuntimeClass",
            "CertificateApproval",
            "CertificateSigning",
            "ClusterTrustBundleAttest",
            "CertificateSubjectRestriction",
            "DefaultIngressClass",
            "DenyServiceExternalIPs",
            "PodTopologyLabels",
            "PodGroupWorkloadExists",
            "NodeDeclaredFeatureValidator",
            "JobValidation",
            "PodResizeValidator",
            "MutatingAdmissionPolicy",
            "MutatingAdmissionWebhook",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionWebhook",
            "ResourceQuota",
            "AlwaysDeny");
    private static final Set<String> OFF_BY_DEFAULT = Set.of(
            "AlwaysAdmit",
            "NamespaceAutoProvision",
            "NamespaceExists",
            "LimitPodHardAntiAffinityTopology",
            "NodeRestriction",
            "AlwaysPullImages",
            "ImagePolicyWebhook",
            "PodNodeSelector",
            "PodTolerationRestriction",
            "EventRateLimit",
            "ExtendedResourceToleration",
            "OwnerReferencesPermissionEnforcement",
            "DenyServiceExternalIPs",
            "AlwaysDeny");
    private static final int OWN_RULES = ORDER.indexOf("ResourceQuota");

    public PluginSelection {
        enabled = Set.copyOf(enabled);
        disabled = Set.copyOf(disabled);
    }

    /// Checks the names of the flags.
    ///
    /// @throws IllegalArgumentException when a name is unknown, or in both lists; the message is for the operator
    public static PluginSelection of(List<String> enable, List<String> disable) {
        checkKnown("enable-admission-plugins", enable);
        checkKnown("disable-admission-plugins", disable);
        Set<String> both = new TreeSet<>(enable);
        both.retainAll(disable);
        if (!both.isEmpty()) {
            throw new IllegalArgumentException("[" + String.join(" ", both)
                    + "] in enable-admission-plugins and disable-admission-plugins overlapped");
        }
        return new PluginSelection(Set.copyOf(enable), Set.copyOf(disable));
    }

    private static void checkKnown(String flag, List<String> names) {
        for (String name : names) {
            if (!ORDER.contains(name)) {
                throw new IllegalArgumentException(flag + " plugin " + '"' + name + '"' + " is unknown");
            }
        }
    }

    public boolean isOn(String name) {
        return enabled.contains(name)
                || !disabled.contains(name) && !(ORDER.contains(name) && OFF_BY_DEFAULT.contains(name));
    }

    /// Those of the plugins that are on, in their order.
    ///
    /// @param all every plugin there is, each once
    /// @throws IllegalArgumentException when one is asked for that is not among them
    public List<AdmissionPlugin> choose(List<AdmissionPlugin> all) {
        Set<String> missing = new TreeSet<>(enabled);
        all.forEach(plugin -> missing.remove(plugin.name()));
        // Those on by default that guard kinds this server does not have are left out without a word.
        missing.retainAll(OFF_BY_DEFAULT);
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException(
                    "enable-admission-plugins plugin " + String.join(", ", missing) + " is not part of this server");
        }
        List<AdmissionPlugin> chosen = new ArrayList<>(
                all.stream().filter(plugin -> isOn(plugin.name())).toList());
        chosen.sort(Comparator.comparingInt(PluginSelection::rank));
        return chosen;
    }

    private static int rank(AdmissionPlugin plugin) {
        int place = ORDER.indexOf(plugin.name());
        // Twice the place leaves room for the kinds' own rules right before the quota.
        return place < 0 ? 2 * OWN_RULES - 1 : 2 * place;
    }
}
