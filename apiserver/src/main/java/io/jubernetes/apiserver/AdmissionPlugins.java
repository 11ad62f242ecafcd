package io.jubernetes.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.admission.AdmissionChain;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.match.Matching;
import io.jubernetes.apiserver.admission.plugins.Always;
import io.jubernetes.apiserver.admission.plugins.AlwaysPullImages;
import io.jubernetes.apiserver.admission.plugins.CertificateSubjectRestriction;
import io.jubernetes.apiserver.admission.plugins.CreationByUpdate;
import io.jubernetes.apiserver.admission.plugins.DefaultIngressClass;
import io.jubernetes.apiserver.admission.plugins.DefaultStorageClass;
import io.jubernetes.apiserver.admission.plugins.DefaultTolerationSeconds;
import io.jubernetes.apiserver.admission.plugins.DenyServiceExternalIps;
import io.jubernetes.apiserver.admission.plugins.EventRateLimit;
import io.jubernetes.apiserver.admission.plugins.ExtendedResourceToleration;
import io.jubernetes.apiserver.admission.plugins.LimitPodHardAntiAffinityTopology;
import io.jubernetes.apiserver.admission.plugins.LimitRanger;
import io.jubernetes.apiserver.admission.plugins.NamespaceLifecycle;
import io.jubernetes.apiserver.admission.plugins.NamespaceOnDemand;
import io.jubernetes.apiserver.admission.plugins.NodeRestriction;
import io.jubernetes.apiserver.admission.plugins.OwnerReferencesPermissionEnforcement;
import io.jubernetes.apiserver.admission.plugins.PersistentVolumeClaimResize;
import io.jubernetes.apiserver.admission.plugins.PodNodeSelector;
import io.jubernetes.apiserver.admission.plugins.PodResizeValidator;
import io.jubernetes.apiserver.admission.plugins.PodTolerationRestriction;
import io.jubernetes.apiserver.admission.plugins.PodTopologyLabels;
import io.jubernetes.apiserver.admission.plugins.Priority;
import io.jubernetes.apiserver.admission.plugins.RoleEscalation;
import io.jubernetes.apiserver.admission.plugins.RuntimeClass;
import io.jubernetes.apiserver.admission.plugins.ServiceAccountAdmission;
import io.jubernetes.apiserver.admission.plugins.SignerPermissions;
import io.jubernetes.apiserver.admission.plugins.StorageObjectInUseProtection;
import io.jubernetes.apiserver.admission.plugins.TaintNodesByCondition;
import io.jubernetes.apiserver.admission.podsecurity.PodSecurity;
import io.jubernetes.apiserver.admission.policy.MutatingPolicies;
import io.jubernetes.apiserver.admission.policy.ValidatingPolicies;
import io.jubernetes.apiserver.admission.quota.ResourceQuota;
import io.jubernetes.apiserver.admission.webhook.MutatingWebhooks;
import io.jubernetes.apiserver.admission.webhook.ValidatingWebhooks;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.RbacAuthorizer;
import io.jubernetes.apiserver.registry.certificates.RequesterAdmission;
import io.jubernetes.apiserver.registry.core.allocation.ServiceAllocation;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.FieldOwnership;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.webhook.WebhookClient;
import io.jubernetes.common.component.StartupException;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/// Every admission plugin there is, one line each. The flags choose among them, and upstream's order puts them in their
/// places.
final class AdmissionPlugins {
    /// Those that do what users of the cluster say. What the server does for itself is not put to them: it must be able
    /// to start and to clean up before anything else runs.
    static final Set<String> OF_USERS = Set.of(
            "MutatingAdmissionPolicy",
            "MutatingAdmissionWebhook",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionWebhook");

    private static final String STORAGE = "storage.k8s.io/v1";

    private final ApiServerOptions options;
    private final ResourceCatalog catalog;
    private final ObjectStorage storage;
    private final FieldOwnership ownership;
    private final Authorizer authorizer;
    private final RbacAuthorizer rbac;
    private final WebhookClient webhooks;
    private final MeterRegistry metrics;
    private final Consumer<String> namespaceMaker;

    /// @param namespaceMaker makes a namespace that is not there; asked once the server runs
    AdmissionPlugins(
            ApiServerOptions options,
            ResourceCatalog catalog,
            ObjectStorage storage,
            FieldOwnership ownership,
            Authorizer authorizer,
            RbacAuthorizer rbac,
            WebhookClient webhooks,
            MeterRegistry metrics,
            Consumer<String> namespaceMaker) {
        this.namespaceMaker = namespaceMaker;
        this.options = options;
        this.catalog = catalog;
        this.storage = storage;
        this.ownership = ownership;
        this.authorizer = authorizer;
        this.rbac = rbac;
        this.webhooks = webhooks;
        this.metrics = metrics;
    }

    /// @throws StartupException when the flags ask for what is not there, or a plugin's configuration is wrong
    AdmissionChain chain() throws StartupException {
        try {
            return new AdmissionChain(options.admission().selection().choose(all()), metrics);
        } catch (IllegalArgumentException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    private List<AdmissionPlugin> all() {
        Clock clock = Clock.systemUTC();
        ApiResource namespaces = core("namespaces");
        ApiResource pods = core("pods");
        var matching = new Matching(catalog, storage);
        List<AdmissionPlugin> all = new ArrayList<>(List.of(
                Always.admit(),
                NamespaceOnDemand.provided(storage, namespaces, namespaceMaker),
                new NamespaceLifecycle(storage, namespaces),
                NamespaceOnDemand.exists(storage, namespaces),
                new LimitPodHardAntiAffinityTopology(),
                new LimitRanger(storage, core("limitranges")),
                new ServiceAccountAdmission(storage, core("serviceaccounts")),
                new NodeRestriction(storage, pods, core("nodes")),
                new TaintNodesByCondition(),
                new AlwaysPullImages(),
                new PodSecurity(storage, namespaces, pods, configuration("PodSecurity")),
                new PodNodeSelector(storage, namespaces, configuration("PodNodeSelector")),
                new Priority(storage, catalog.require("scheduling.k8s.io/v1", "priorityclasses")),
                new DefaultTolerationSeconds(),
                new PodTolerationRestriction(storage, namespaces, configuration("PodTolerationRestriction")),
                new ExtendedResourceToleration(),
                new DefaultStorageClass(storage, catalog.require(STORAGE, "storageclasses")),
                new StorageObjectInUseProtection(),
                new OwnerReferencesPermissionEnforcement(authorizer, catalog),
                new PersistentVolumeClaimResize(storage, catalog.require(STORAGE, "storageclasses")),
                new RuntimeClass(storage, catalog.require("node.k8s.io/v1", "runtimeclasses")),
                new DefaultIngressClass(storage, catalog.require("networking.k8s.io/v1", "ingressclasses")),
                new DenyServiceExternalIps(),
                new PodTopologyLabels(storage, core("nodes")),
                new PodResizeValidator(storage, core("nodes")),
                new RequesterAdmission(),
                SignerPermissions.approval(authorizer),
                SignerPermissions.signing(authorizer),
                SignerPermissions.attest(authorizer),
                new CertificateSubjectRestriction(),
                new CreationByUpdate(authorizer),
                new RoleEscalation(authorizer, rbac),
                new MutatingPolicies(catalog, storage, matching, authorizer, metrics),
                new MutatingWebhooks(catalog, storage, matching, authorizer, webhooks, metrics),
                new ValidatingPolicies(catalog, storage, matching, authorizer, metrics),
                new ValidatingWebhooks(catalog, storage, matching, authorizer, webhooks, metrics),
                new ResourceQuota(storage, core("resourcequotas"), ownership, configuration("ResourceQuota"), clock),
                new ServiceAllocation(
                        storage,
                        catalog,
                        options.serviceRanges(),
                        new ServiceAllocation.PortRange(options.firstNodePort(), options.lastNodePort()),
                        options.etcdPrefix(),
                        clock),
                Always.deny()));
        if (options.admission().selection().isOn("EventRateLimit")) {
            all.add(new EventRateLimit(configuration("EventRateLimit"), clock));
        }
        return all;
    }

    private ApiResource core(String plural) {
        return catalog.require("v1", plural);
    }

    private JsonNode configuration(String plugin) {
        return options.admission().configuration().of(plugin);
    }
}
