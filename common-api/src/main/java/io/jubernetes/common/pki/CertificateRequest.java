package io.jubernetes.common.pki;

import java.time.Duration;
import java.util.List;

/// What a certificate shall say.
///
/// @param commonName the subject's CN: a user name for clients
/// @param organizations the subject's O values: a user's groups
/// @param dnsNames subject alternative names
/// @param ipAddresses subject alternative addresses, as text
/// @param client usable as a TLS client
/// @param server usable as a TLS server
/// @param validity how long from now; its start lies five minutes back for clocks that lag
public record CertificateRequest(
        String commonName,
        List<String> organizations,
        List<String> dnsNames,
        List<String> ipAddresses,
        boolean client,
        boolean server,
        Duration validity) {
    public CertificateRequest {
        organizations = List.copyOf(organizations);
        dnsNames = List.copyOf(dnsNames);
        ipAddresses = List.copyOf(ipAddresses);
    }

    /// A client certificate for a user in groups, valid for a year.
    public static CertificateRequest client(String user, String... groups) {
        return new CertificateRequest(user, List.of(groups), List.of(), List.of(), true, false, Duration.ofDays(365));
    }

    /// A serving certificate, valid for a year.
    public static CertificateRequest server(String commonName, List<String> dnsNames, List<String> ipAddresses) {
        return new CertificateRequest(commonName, List.of(), dnsNames, ipAddresses, false, true, Duration.ofDays(365));
    }
}
