package io.jubernetes.common.component;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import org.junit.jupiter.api.Test;

class ThisMachineTest {
    @Test
    void theAddressIsOneOfTheMachinesOwnThatOthersCanReach() throws SocketException {
        InetAddress address = ThisMachine.address();

        boolean reachable = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .anyMatch(one -> one.getAddress().length == 4 && !one.isLoopbackAddress() && !one.isLinkLocalAddress());
        assertThat(address.isLoopbackAddress()).isEqualTo(!reachable);
        assertThat(NetworkInterface.getByInetAddress(address)).isNotNull();
    }

    @Test
    void theHostNameCanNameANode() {
        assertThat(ThisMachine.hostName()).isNotEmpty().isLowerCase();
    }
}
