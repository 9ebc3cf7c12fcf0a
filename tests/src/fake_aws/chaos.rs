//! Faults at random, the same ones for the same seed.

use super::fault::Fault;
use super::operation::Service;

/// How many requests fail at random.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Chaos {
    /// Where the random numbers start. The faults are the same for the same seed, in the order in which requests come.
    pub seed: u64,
    /// How many of a hundred requests fail.
    pub percent: u8,
}

#[derive(Debug)]
pub(super) struct Dice {
    percent: u64,
    /// Of an xorshift, which never leaves zero.
    state: u64,
}

impl Dice {
    pub(super) fn new(chaos: Chaos) -> Self {
        // Spread out, since small seeds would begin alike.
        let state = chaos.seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15).max(1);
        Self { percent: chaos.percent.into(), state }
    }

    /// What happens to the next request.
    pub(super) fn fault(&mut self, service: Service) -> Fault {
        if self.below(100) >= self.percent {
            return Fault::None;
        }
        match (self.below(7), service) {
            (0, _) => Fault::TakenThenClosed,
            (1, _) => Fault::TakenThenHangs,
            (2, _) => Fault::TakenThenCut,
            (3, _) => Fault::TakenThen500,
            (4, _) => Fault::ClosedUnread,
            (5, Service::Batch) => Fault::Status(500, "ServerException", "Internal error"),
            (5, Service::DynamoDb) => Fault::Status(500, "InternalServerError", "Internal server error"),
            (_, Service::Batch) => Fault::Status(429, "TooManyRequestsException", "Too Many Requests"),
            // DynamoDB has no status 429.
            (_, Service::DynamoDb) => Fault::Status(400, "ThrottlingException", "Rate of requests exceeds the limit"),
        }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        // The upper bits are the better ones.
        (self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end
    }
}
