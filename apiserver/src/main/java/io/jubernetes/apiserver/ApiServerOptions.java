package io.jubernetes.apiserver;

import io.jubernetes.apiserver.audit.AuditSettings;
import io.jubernetes.apiserver.flowcontrol.FlowControlService;
import io.jubernetes.apiserver.registry.core.allocation.Cidr;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the command line says, checked.
///
/// @param dataDir where the embedded store and self-signed certificates live
/// @param serviceRanges one or two ranges of different families
record ApiServerOptions(
        String bindAddress,
        int securePort,
        String advertiseAddress,
        Path dataDir,
        StorageBackend storageBackend,
        List<String> etcdServers,
        String etcdPrefix,
        @Nullable Path etcdCaFile,
        @Nullable Path etcdCertFile,
        @Nullable Path etcdKeyFile,
        @Nullable Path clientCaFile,
        @Nullable Path tlsCertFile,
        @Nullable Path tlsKeyFile,
        @Nullable Path tokenFile,
        List<Path> serviceAccountKeyFiles,
        @Nullable Path serviceAccountSigningKeyFile,
        String serviceAccountIssuer,
        List<String> apiAudiences,
        List<Cidr> serviceRanges,
        int firstNodePort,
        int lastNodePort,
        boolean anonymousAuth,
        @Nullable Path kubeletClientCertificate,
        @Nullable Path kubeletClientKey,
        AdmissionFlags.Values admission,
        AggregationFlags.Values aggregation,
        EncryptionFlags.Values encryption,
        AuditSettings audit,
        AuthenticationFlags.Values authentication,
        AuthorizationFlags.Values authorization,
        FlowControlService.Settings flowControl,
        AvailabilityFlags.Values availability) {
    /// Where objects are kept.
    enum StorageBackend {
        EMBEDDED,
        ETCD
    }
}
